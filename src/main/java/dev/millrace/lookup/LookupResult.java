package dev.millrace.lookup;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.codec.KvRow;
import dev.millrace.internal.codec.KvValue;
import dev.millrace.internal.codec.RootWriter;
import dev.millrace.internal.codec.RowView;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.rpc.ProtoReader;
import dev.millrace.row.InternalRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.memory.unsafe.UnsafeAllocationManager;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * What was found for one key: no row, one, or for a prefix any number. The rows lie in memory of the result's own, on the
 * heap: they stay readable as long as somebody holds them, after the connection was closed too, and nothing needs closing.
 *
 * <p>Rows have the columns that the table had when it was got, in their order. A column that was added to the table after
 * a row was written is null in it.
 *
 * <p>A result that {@link Lookuper#newResult} made may be filled again and again; then its row moves with it, and what was
 * read of the last lookup is gone.
 *
 * <p>For one thread at a time; rows may be read by any number, once they were handed over safely.
 */
public final class LookupResult {
    private static final byte[] NOTHING = {};

    private final LookupRows rows;

    // The values, each with its length in front. Written by the reader thread for a call that waits, which is the
    // happens-before edge to everything else.
    private byte[] bytes = NOTHING;
    private int length;
    private int count;

    // Made when they are asked for, and used again.
    private @Nullable UnsafeBuffer memory;
    private @Nullable RowView view;
    private int viewSchemaId;
    private @Nullable KvRow row;
    private @Nullable Optional<InternalRow> single;
    private boolean isRowCurrent;

    LookupResult(final LookupRows rows) {
        this.rows = rows;
    }

    // ---- filling -------------------------------------------------------------------------------------------------

    boolean isOf(final LookupRows lookuperRows) {
        return rows == lookuperRows;
    }

    /** Becomes the answer that nothing was found. */
    void clear() {
        length = 0;
        count = 0;
        isRowCurrent = false;
    }

    /** Becomes the answer that one value was found. */
    void fill(final DirectBuffer source, final int offset, final int valueLength) {
        clear();
        if (bytes.length - Integer.BYTES < valueLength) {
            bytes = new byte[Integer.BYTES + valueLength];
        }
        add(source, offset, valueLength);
    }

    /**
     * Becomes the answer that some values were found.
     *
     * @param list at its beginning; each of its fields {@code valueField} is a value.
     * @throws CorruptDataException it is no such list. Then nothing was found.
     */
    void fill(final ProtoReader list, final int valueField, final DirectBuffer source, final int at, final int end) {
        clear();
        long needed = 0;
        list.wrap(source, at, end - at);
        for (int field = list.next(); field != ProtoReader.END; field = list.next()) {
            needed += field == valueField ? Integer.BYTES + list.bytesLength() : 0;
        }
        // Less than four bytes a value more than the message has, and that has a limit.
        if (bytes.length < needed) {
            bytes = new byte[Math.toIntExact(needed)];
        }
        list.wrap(source, at, end - at);
        for (int field = list.next(); field != ProtoReader.END; field = list.next()) {
            if (field == valueField) {
                add(source, list.bytesOffset(), list.bytesLength());
            }
        }
    }

    private void add(final DirectBuffer source, final int offset, final int valueLength) {
        putInt(bytes, length, valueLength);
        source.getBytes(offset, bytes, length + Integer.BYTES, valueLength);
        length += Integer.BYTES + valueLength;
        count++;
    }

    private static void putInt(final byte[] target, final int at, final int value) {
        for (int i = 0; i < Integer.BYTES; i++) {
            target[at + i] = (byte) (value >>> i * Byte.SIZE);
        }
    }

    private static int getInt(final byte[] source, final int at) {
        int value = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            value |= (source[at + i] & 0xFF) << i * Byte.SIZE;
        }
        return value;
    }

    /**
     * Sees to it that all rows can be read. May ask a server, until the deadline.
     *
     * @throws FlussException a schema is not to be had.
     * @throws CorruptDataException a value is too short to name its schema.
     */
    void learnSchemas(final long deadlineNs) {
        for (int at = 0; at < length; at += Integer.BYTES + getInt(bytes, at)) {
            rows.learn(schemaIdAt(at), deadlineNs);
        }
    }

    private int schemaIdAt(final int at) {
        if (getInt(bytes, at) < KvValue.ROW_OFFSET) {
            throw new CorruptDataException(
                    rows.describe() + ": damaged value of " + getInt(bytes, at) + " bytes where a schema id is due");
        }
        final int low = bytes[at + Integer.BYTES] & 0xFF;
        return (short) (low | bytes[at + Integer.BYTES + 1] << Byte.SIZE);
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    /**
     * How many rows were found.
     *
     * @return 0 or 1 for a lookup by a whole key.
     */
    public int rowCount() {
        return count;
    }

    /**
     * The row that was found. Does not block.
     *
     * @return empty if there is none. The row stays readable for ever, unless this result is filled anew.
     * @throws IllegalStateException a prefix lookup found several; {@link #getRows} gives them.
     * @throws CorruptDataException the bytes are no such row.
     */
    public Optional<InternalRow> getSingleRow() {
        if (count == 0) {
            return Optional.empty();
        }
        if (count > 1) {
            throw new IllegalStateException(
                    "a prefix lookup in " + rows.describe() + " found " + count + " rows; use getRows()");
        }
        KvRow current = row;
        Optional<InternalRow> found = single;
        if (current == null || found == null) {
            current = rows.newRow();
            found = Optional.of(current);
            row = current;
            single = found;
        }
        if (!isRowCurrent) {
            moveTo(current, 0, viewFor(0));
            isRowCurrent = true;
        }
        return found;
    }

    /**
     * All rows that were found, for a prefix in the order of the server's keys. Does not block.
     *
     * @return rows of their own, unmodifiable; they stay readable for ever, unless this result is filled anew.
     * @throws CorruptDataException the bytes are no such rows.
     */
    public List<InternalRow> getRows() {
        final List<InternalRow> all = new ArrayList<>(count);
        for (int at = 0; at < length; at += Integer.BYTES + getInt(bytes, at)) {
            final KvRow each = rows.newRow();
            moveTo(each, at, rows.newView(schemaIdAt(at)));
            all.add(each);
        }
        return List.copyOf(all);
    }

    /**
     * Copies the rows into an Arrow batch, in off-heap memory outside the budgets of the connection. Does not block.
     *
     * @return a batch of all columns, without rows if none was found; to be closed by the caller.
     * @throws CorruptDataException the bytes are no such rows.
     * @throws RowConversionException a timestamp lies beyond what Arrow can hold in its unit.
     */
    public VectorSchemaRoot toRecordBatch() {
        // An allocator holds nothing by itself; the batch holds its memory.
        return toRecordBatch(new RootAllocator(RootAllocator.configBuilder()
                .allocationManagerFactory(UnsafeAllocationManager.FACTORY)
                .build()));
    }

    /**
     * Copies the rows into an Arrow batch, in memory of an allocator of the application. Does not block.
     *
     * @param allocator of all memory of the batch; must be closed after it.
     * @return a batch of all columns, without rows if none was found; to be closed by the caller.
     * @throws CorruptDataException the bytes are no such rows.
     * @throws RowConversionException a timestamp lies beyond what Arrow can hold in its unit.
     */
    public VectorSchemaRoot toRecordBatch(final BufferAllocator allocator) {
        try (RootWriter writer = rows.newRootWriter()) {
            writer.begin(allocator, count);
            final KvRow each = rows.newRow();
            for (int at = 0; at < length; at += Integer.BYTES + getInt(bytes, at)) {
                moveTo(each, at, viewFor(at));
                writer.write(each);
            }
            isRowCurrent = false;
            return writer.finish();
        }
    }

    private void moveTo(final KvRow target, final int at, final RowView reader) {
        UnsafeBuffer current = memory;
        if (current == null || current.byteArray() != bytes) {
            current = OffHeap.wrap(bytes);
            memory = current;
        }
        final int valueLength = getInt(bytes, at);
        try {
            target.moveTo(reader, current, at + Integer.BYTES + KvValue.ROW_OFFSET, valueLength - KvValue.ROW_OFFSET);
        } catch (final CorruptDataException e) {
            throw new CorruptDataException(rows.describe() + ": " + e.getMessage(), e);
        }
    }

    /** The reader that is used again, for the row at a place. */
    private RowView viewFor(final int at) {
        final int schemaId = schemaIdAt(at);
        RowView current = view;
        if (current == null || viewSchemaId != schemaId) {
            current = rows.newView(schemaId);
            view = current;
            viewSchemaId = schemaId;
        }
        return current;
    }

    /** How many rows, and of which table. */
    @Override
    public String toString() {
        return count + " rows of " + rows.describe();
    }
}
