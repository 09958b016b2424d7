package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.CorruptDataException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A row as a primary-key table keeps it, and lookups return it. Little-endian.
 *
 * <pre>
 *   [schema id: short][row in the table's kv format]
 * </pre>
 */
public final class KvValue {
    /** Where the row begins. */
    public static final int ROW_OFFSET = Short.BYTES;

    private KvValue() {}

    /**
     * The schema that the row was written with.
     *
     * @throws CorruptDataException the value is too short to have one.
     */
    public static int schemaId(final DirectBuffer buffer, final int value, final int length) {
        if (length < ROW_OFFSET) {
            throw new CorruptDataException("damaged value: " + length + " bytes where a schema id is due");
        }
        return buffer.getShort(value, LITTLE_ENDIAN);
    }

    /** Writes the schema id in front of where the row goes. */
    public static void putSchemaId(final MutableDirectBuffer buffer, final int value, final int schemaId) {
        buffer.putShort(value, (short) schemaId, LITTLE_ENDIAN);
    }
}
