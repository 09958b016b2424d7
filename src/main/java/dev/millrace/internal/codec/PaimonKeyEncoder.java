package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.row.InternalRow;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Keys as Paimon has them: an aligned row of the key columns.
 *
 * <pre>
 *   [row kind: 0][null bit of field i: bit i of what follows] to a multiple of 8 bytes, [slot: 8] ..., [tail]
 * </pre>
 */
final class PaimonKeyEncoder extends RowEncoder {
    private static final int ROW_KIND_BITS = Byte.SIZE;

    private final ValueType[] types;
    private final int[] columns;
    private final int headLength;
    private final int fixedLength;

    PaimonKeyEncoder(final RowFields row, final int[] columns) {
        super(row);
        this.columns = columns.clone();
        this.types = new ValueType[columns.length];
        for (int field = 0; field < columns.length; field++) {
            types[field] = row.types[columns[field]];
            if (types[field].kind >= ValueKind.ARRAY) {
                throw new UnsupportedOperationException(row.describe(columns[field]) + " cannot be part of a key");
            }
        }
        this.headLength = (columns.length + ROW_KIND_BITS + Long.SIZE - 1) / Long.SIZE * Long.BYTES;
        this.fixedLength = headLength + columns.length * Long.BYTES;
    }

    @Override
    public int encode(final InternalRow values, final UnsafeBuffer target, final int offset, final int maxLength) {
        checkFieldCount(values);
        if (maxLength < fixedLength) {
            return NO_ROOM;
        }
        for (int i = 0; i < fixedLength; i += Long.BYTES) {
            target.putLong(offset + i, 0, LITTLE_ENDIAN);
        }
        int tail = fixedLength;
        int field = 0;
        try {
            for (; field < types.length; field++) {
                final int pos = columns[field];
                if (values.isNullAt(pos)) {
                    putNull(target, offset, field);
                    continue;
                }
                final int slot = offset + headLength + field * Long.BYTES;
                switch (types[field].kind) {
                    // Unlike in an array, a NaN stays what it is.
                    case ValueKind.FLOAT -> target.putFloat(slot, values.getFloat(pos), LITTLE_ENDIAN);
                    case ValueKind.DOUBLE -> target.putDouble(slot, values.getDouble(pos), LITTLE_ENDIAN);
                    default -> tail = Slots.put(values, pos, types[field], null, target, offset, slot, tail, maxLength);
                }
                if (tail < 0) {
                    return NO_ROOM;
                }
            }
        } catch (RuntimeException e) {
            throw failure(columns[field], e);
        }
        return tail;
    }

    private void putNull(final UnsafeBuffer target, final int offset, final int field) {
        if (types[field].notNull) {
            throw new Misfit("null");
        }
        final int bit = field + ROW_KIND_BITS;
        final int at = offset + (bit >>> 3);
        target.putByte(at, (byte) (target.getByte(at) | 1 << (bit & 7)));
    }

    @Override
    public long lengthBound(final InternalRow values) {
        long bound = fixedLength;
        for (int field = 0; field < types.length; field++) {
            bound += Slots.tailBound(values, columns[field], types[field], null);
        }
        return bound;
    }
}
