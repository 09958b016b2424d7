package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.ArrowMessageLayout.STORED_RAW;
import static dev.millrace.internal.codec.ArrowMessageLayout.padded;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Block;
import dev.millrace.row.InternalRow;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An Arrow log batch that grows row by row in its final layout, within one block that its owner lends.
 *
 * <p>Life: {@link #tryAppend} rows until it says no; {@link #finish} once, which lays the metadata and compresses;
 * {@link #seal} as often as writer or sequence change; then {@link #parts} are the bytes to send. A row that cannot be
 * written leaves the batch as it was. Each phase belongs to one thread at a time: the appenders under their bucket's
 * lock, then the sender.
 */
public final class ArrowBatchBuilder implements BatchBuilder {
    private static final int NO_ROOM = -1;
    private static final int HEADER = 0;
    private static final int MESSAGE = LogBatchLayout.HEADER_LENGTH;

    /** Below this, one copy is cheaper than a gathering write of many parts. */
    private static final int COMPACT_BELOW = 8 * 1024;

    private static final int MILLIS_PER_SECOND = 1_000;
    private static final int MILLIS_PER_DAY = 86_400_000;
    private static final int MICROS_PER_MILLI = 1_000;
    private static final int NANOS_PER_MICRO = 1_000;
    private static final int NANOS_PER_MILLI = 1_000_000;

    private final ArrowBatchLayout layout;
    private final Block block;
    private final UnsafeBuffer buffer;
    private final int rowLimit;
    private final int[] validity;
    private final int[] data;
    private final int[] bytes;
    private final int[] bytesLimit;
    private final int[] bytesEnd;
    private final int[] nullCounts;
    private final int scratch;
    private int rows;
    private int batchLength;
    private @Nullable List<ByteBuffer> parts;

    /** @param block memory of the plan's length; stays the caller's, who releases it after the last use of the batch. */
    public ArrowBatchBuilder(final ArrowBatchLayout layout, final ArrowBatchLayout.Plan plan, final Block block) {
        this.layout = layout;
        this.block = block;
        this.buffer = block.buffer();
        final int columns = layout.columnCount;
        this.rowLimit = plan.rows();
        this.validity = new int[columns];
        this.data = new int[columns];
        this.bytes = new int[columns];
        this.bytesLimit = new int[columns];
        this.bytesEnd = new int[columns];
        this.nullCounts = new int[columns];
        int at = layout.headLength();
        for (int column = 0; column < columns; column++) {
            at += layout.prefixLength();
            validity[column] = at;
            // All valid until a null clears its bit: a value that is there costs nothing.
            buffer.setMemory(at, layout.validityLength(rowLimit), (byte) 0xFF);
            at += layout.validityLength(rowLimit) + layout.prefixLength();
            data[column] = at;
            at += layout.dataLength(column, rowLimit);
            if (layout.kinds[column].isVariable()) {
                buffer.putInt(data[column], 0, LITTLE_ENDIAN);
                at += layout.prefixLength();
                bytes[column] = at;
                bytesLimit[column] = plan.variableLengths()[column];
                at += bytesLimit[column];
            }
        }
        this.scratch = at;
    }

    /** The rows written so far. */
    @Override
    public int rowCount() {
        return rows;
    }

    /** Whether no row fits any more, whatever its values. */
    @Override
    public boolean isFull() {
        return rows == rowLimit;
    }

    /** The bytes of a column's values of variable length so far. */
    int variableLength(final int column) {
        return bytesEnd[column];
    }

    /**
     * Appends a row.
     *
     * @return false if it does not fit any more; the batch is as it was.
     * @throws RowConversionException a value does not fit its column; the batch is as it was.
     */
    @Override
    public boolean tryAppend(final InternalRow row) {
        if (rows == rowLimit) {
            return false;
        }
        final int columns = layout.columnCount;
        if (row.fieldCount() != columns) {
            throw new RowConversionException(
                    "the row has " + row.fieldCount() + " fields, the table has " + columns + " columns");
        }
        int column = 0;
        try {
            for (; column < columns; column++) {
                if (row.isNullAt(column)) {
                    putNull(column);
                } else if (!putValue(row, column)) {
                    rewind(column);
                    return false;
                }
            }
        } catch (Misfit e) {
            rewind(column);
            throw new RowConversionException(describe(column) + " cannot hold " + e.getMessage());
        } catch (RuntimeException e) {
            rewind(column);
            throw new RowConversionException(describe(column) + ": " + e.getMessage(), e);
        } catch (Error e) {
            // Of a user's row, perhaps: whatever it is, no half row stays behind.
            rewind(column);
            throw e;
        }
        rows++;
        return true;
    }

    private boolean putValue(final InternalRow row, final int column) {
        final UnsafeBuffer target = buffer;
        final int at = data[column];
        final int i = rows;
        switch (layout.kinds[column]) {
            case BOOLEAN -> putBit(at, row.getBoolean(column));
            case INT8 -> target.putByte(at + i, row.getByte(column));
            case INT16 -> target.putShort(at + i * 2, row.getShort(column), LITTLE_ENDIAN);
            case INT32 -> target.putInt(at + i * 4, row.getInt(column), LITTLE_ENDIAN);
            case INT64 -> target.putLong(at + i * 8, row.getLong(column), LITTLE_ENDIAN);
            case FLOAT32 -> target.putFloat(at + i * 4, row.getFloat(column), LITTLE_ENDIAN);
            case FLOAT64 -> target.putDouble(at + i * 8, row.getDouble(column), LITTLE_ENDIAN);
            case UTF8, BINARY -> {
                return putVariable(row, column);
            }
            case FIXED_BINARY -> putFixedBinary(row, column);
            case DECIMAL128 -> putDecimal(row, column);
            case DATE -> target.putInt(at + i * 4, row.getEpochDay(column), LITTLE_ENDIAN);
            case TIME_SECOND -> target.putInt(at + i * 4, millisOfDay(row, column) / MILLIS_PER_SECOND, LITTLE_ENDIAN);
            case TIME_MILLI -> target.putInt(at + i * 4, millisOfDay(row, column), LITTLE_ENDIAN);
            case TIME_MICRO ->
                target.putLong(at + i * 8, (long) millisOfDay(row, column) * MICROS_PER_MILLI, LITTLE_ENDIAN);
            case TIME_NANO ->
                target.putLong(at + i * 8, (long) millisOfDay(row, column) * NANOS_PER_MILLI, LITTLE_ENDIAN);
            case TIMESTAMP_SECOND, TIMESTAMP_MILLI, TIMESTAMP_MICRO, TIMESTAMP_NANO ->
                target.putLong(at + i * 8, timestamp(row, column), LITTLE_ENDIAN);
            default -> throw new IllegalStateException("no values of kind " + layout.kinds[column]);
        }
        return true;
    }

    private void putBit(final int region, final boolean value) {
        final int at = region + (rows >>> 3);
        final int bit = 1 << (rows & 7);
        // The first bit of a byte clears it: what the block held before must not show.
        final int old = bit == 1 ? 0 : buffer.getByte(at) & (bit - 1);
        buffer.putByte(at, (byte) (value ? old | bit : old));
    }

    private boolean putVariable(final InternalRow row, final int column) {
        final int end = bytesEnd[column];
        final int room = bytesLimit[column] - end;
        final int length = layout.kinds[column] == ArrowKind.UTF8
                ? row.copyString(column, buffer, bytes[column] + end, room)
                : row.copyBytes(column, buffer, bytes[column] + end, room);
        if (length > room) {
            return false;
        }
        if (layout.precisions[column] != 0) {
            checkCharLength(column, bytes[column] + end, length);
        }
        bytesEnd[column] = end + length;
        buffer.putInt(data[column] + (rows + 1) * Integer.BYTES, end + length, LITTLE_ENDIAN);
        return true;
    }

    private void checkCharLength(final int column, final int at, final int length) {
        if (length <= layout.precisions[column]) {
            return;
        }
        int characters = 0;
        for (int i = 0; i < length; i++) {
            // Every byte but the continuation bytes 10xxxxxx begins a character.
            if ((buffer.getByte(at + i) & 0xC0) != 0x80) {
                characters++;
            }
        }
        if (characters > layout.precisions[column]) {
            throw new Misfit("a String of " + characters + " characters");
        }
    }

    private void putFixedBinary(final InternalRow row, final int column) {
        final int width = layout.widths[column];
        final int at = data[column] + rows * width;
        final int length = row.copyBytes(column, buffer, at, width);
        if (length > width) {
            throw new Misfit("a value of " + length + " bytes");
        }
        buffer.setMemory(at + length, width - length, (byte) 0);
    }

    private void putDecimal(final InternalRow row, final int column) {
        final int precision = layout.precisions[column];
        final int scale = layout.scales[column];
        final int at = data[column] + rows * 16;
        if (precision <= DecimalBytes.MAX_COMPACT_PRECISION) {
            final long unscaled = row.getDecimalUnscaled(column, precision, scale);
            if (!DecimalBytes.fits(unscaled, precision)) {
                throw new Misfit("a decimal of unscaled value " + unscaled);
            }
            buffer.putLong(at, unscaled, LITTLE_ENDIAN);
            buffer.putLong(at + 8, unscaled >> 63, LITTLE_ENDIAN);
        } else {
            final BigInteger unscaled = row.getDecimal(column, precision, scale)
                    .rescale(precision, scale)
                    .unscaledValue();
            if (!DecimalBytes.fits(unscaled, precision)) {
                throw new Misfit("a decimal of unscaled value " + unscaled);
            }
            buffer.putLong(at, unscaled.longValue(), LITTLE_ENDIAN);
            buffer.putLong(at + 8, unscaled.shiftRight(64).longValue(), LITTLE_ENDIAN);
        }
    }

    private int millisOfDay(final InternalRow row, final int column) {
        final int millis = row.getMillisOfDay(column);
        if (millis < 0 || millis >= MILLIS_PER_DAY) {
            throw new Misfit(millis + " milliseconds of the day");
        }
        return millis;
    }

    private long timestamp(final InternalRow row, final int column) {
        final int precision = layout.precisions[column];
        final long millis = row.getEpochMillis(column, precision);
        try {
            return switch (layout.kinds[column]) {
                case TIMESTAMP_SECOND -> Math.floorDiv(millis, MILLIS_PER_SECOND);
                case TIMESTAMP_MILLI -> millis;
                case TIMESTAMP_MICRO ->
                    Math.addExact(
                            Math.multiplyExact(millis, MICROS_PER_MILLI),
                            row.getNanoOfMillis(column, precision) / NANOS_PER_MICRO);
                default ->
                    Math.addExact(Math.multiplyExact(millis, NANOS_PER_MILLI), row.getNanoOfMillis(column, precision));
            };
        } catch (ArithmeticException e) {
            throw new Misfit("a timestamp of " + millis + " ms, beyond what 64 bits hold in its unit");
        }
    }

    private void putNull(final int column) {
        if (layout.notNull[column]) {
            throw new Misfit("null");
        }
        final int at = validity[column] + (rows >>> 3);
        buffer.putByte(at, (byte) (buffer.getByte(at) & ~(1 << (rows & 7))));
        nullCounts[column]++;
        // A null's value is zero, never what the block held before.
        switch (layout.kinds[column]) {
            case BOOLEAN -> putBit(data[column], false);
            case UTF8, BINARY ->
                buffer.putInt(data[column] + (rows + 1) * Integer.BYTES, bytesEnd[column], LITTLE_ENDIAN);
            default -> {
                final int width = layout.widths[column];
                buffer.setMemory(data[column] + rows * width, width, (byte) 0);
            }
        }
    }

    /** Forgets the current row's values in all columns before {@code column}, and in it. */
    private void rewind(final int column) {
        for (int c = 0; c <= column && c < layout.columnCount; c++) {
            final int at = validity[c] + (rows >>> 3);
            final int bit = 1 << (rows & 7);
            if ((buffer.getByte(at) & bit) == 0) {
                buffer.putByte(at, (byte) (buffer.getByte(at) | bit));
                nullCounts[c]--;
            }
            if (layout.kinds[c].isVariable()) {
                bytesEnd[c] = buffer.getInt(data[c] + rows * Integer.BYTES, LITTLE_ENDIAN);
            }
        }
    }

    private String describe(final int column) {
        return "column " + layout.names[column] + " of type " + layout.types[column];
    }

    /** A value that its column cannot hold; becomes a RowConversionException that names the column. */
    private static final class Misfit extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Misfit(final String value) {
            super(value, null, false, false);
        }
    }

    /**
     * Ends the batch: lays the metadata, and compresses where the table asks for it. The block shrinks to what is left.
     *
     * @param compressor of the table's codec; null for none
     */
    @Override
    public void finish(final @Nullable BufferCompressor compressor) {
        final boolean compact = compressor != null || bodyLengthAtMost() < COMPACT_BELOW;
        final Body body = new Body(compressor, compact);
        layout.message.put(buffer, MESSAGE);
        for (int column = 0; column < layout.columnCount; column++) {
            layout.message.putNode(buffer, MESSAGE, column, rows, nullCounts[column]);
            body.add(validity[column], nullCounts[column] == 0 ? 0 : validityLengthInUse(column));
            switch (layout.kinds[column]) {
                case BOOLEAN -> body.add(data[column], bitsInUse(data[column]));
                case UTF8, BINARY -> {
                    body.add(data[column], (rows + 1) * Integer.BYTES);
                    body.add(bytes[column], bytesEnd[column]);
                }
                default -> body.add(data[column], rows * layout.widths[column]);
            }
        }
        layout.message.putLengths(buffer, MESSAGE, rows, body.length);
        batchLength = layout.headLength() + body.length;
        LogBatchLayout.putHeader(buffer, HEADER, batchLength, layout.schemaId, LogBatchLayout.APPEND_ONLY, rows);
        if (compact) {
            block.shrink(batchLength);
        }
        parts = body.parts();
    }

    /** Clears the bits after the last row, which were set beforehand. */
    private int validityLengthInUse(final int column) {
        return bitsInUse(validity[column]);
    }

    private int bitsInUse(final int region) {
        final int length = (rows + 7) >>> 3;
        if ((rows & 7) != 0) {
            final int last = region + length - 1;
            buffer.putByte(last, (byte) (buffer.getByte(last) & ((1 << (rows & 7)) - 1)));
        }
        return length;
    }

    private int bodyLengthAtMost() {
        int length = 0;
        for (int column = 0; column < layout.columnCount; column++) {
            length += layout.validityLength(rows) + layout.dataLength(column, rows) + padded(bytesEnd[column]);
        }
        return length;
    }

    /** Writes writer and sequence, and the checksum over all that it covers. After {@link #finish}; may be repeated. */
    @Override
    public void seal(final long writerId, final int sequence) {
        LogBatchLayout.putWriter(buffer, HEADER, writerId, sequence);
        final CRC32C crc = new CRC32C();
        final List<ByteBuffer> finished = parts();
        for (int i = 0; i < finished.size(); i++) {
            final ByteBuffer part = finished.get(i);
            crc.update(
                    i == 0
                            ? part.slice(LogBatchLayout.CRC_START, part.limit() - LogBatchLayout.CRC_START)
                            : part.duplicate());
        }
        LogBatchLayout.putCrc(buffer, HEADER, (int) crc.getValue());
    }

    /** The batch's length in bytes, header included. After {@link #finish}. */
    @Override
    public int length() {
        return batchLength;
    }

    /** The batch's bytes in order; position 0 each, shared: a reader duplicates them. After {@link #finish}. */
    @Override
    public List<ByteBuffer> parts() {
        if (parts == null) {
            throw new IllegalStateException("the batch is not finished");
        }
        return parts;
    }

    /** The message's body while it is put together: buffer after buffer, in place or moved together. */
    private final class Body {
        private final @Nullable BufferCompressor compressor;
        private final boolean compact;
        private final ByteBuffer memory = block.slice(0, block.length());
        private final List<ByteBuffer> slices = new ArrayList<>();
        private int bufferIndex;
        private int length;
        private int sliceStart;
        private int sliceEnd = layout.headLength();

        Body(final @Nullable BufferCompressor compressor, final boolean compact) {
            this.compressor = compressor;
            this.compact = compact;
        }

        void add(final int region, final int regionLength) {
            final int from;
            final int storedLength;
            if (compressor == null || regionLength == 0) {
                from = region;
                storedLength = regionLength;
            } else {
                from = region - layout.prefixLength();
                storedLength = layout.prefixLength() + compress(region, regionLength);
            }
            layout.message.putBuffer(buffer, MESSAGE, bufferIndex++, length, storedLength);
            if (storedLength > 0) {
                place(from, storedLength);
            }
        }

        /** Leaves the compressed bytes, or the raw ones, in the region, and their kind in the prefix before it. */
        private int compress(final int region, final int regionLength) {
            final int compressed = compressor.compress(memory, region, regionLength, memory, scratch);
            final int prefix = region - layout.prefixLength();
            if (compressed >= regionLength) {
                buffer.putLong(prefix, STORED_RAW, LITTLE_ENDIAN);
                return regionLength;
            }
            buffer.putLong(prefix, regionLength, LITTLE_ENDIAN);
            buffer.putBytes(region, buffer, scratch, compressed);
            return compressed;
        }

        private void place(final int from, final int storedLength) {
            final int paddedLength = padded(storedLength);
            if (compact) {
                // Regions ascend and each buffer is at most as long as its region: nothing unread is overwritten.
                if (from != sliceEnd) {
                    buffer.putBytes(sliceEnd, buffer, from, storedLength);
                }
                buffer.setMemory(sliceEnd + storedLength, paddedLength - storedLength, (byte) 0);
            } else {
                buffer.setMemory(from + storedLength, paddedLength - storedLength, (byte) 0);
                if (from != sliceEnd) {
                    cut();
                    sliceStart = from;
                    sliceEnd = from;
                }
            }
            sliceEnd += paddedLength;
            length += paddedLength;
        }

        private void cut() {
            slices.add(block.slice(sliceStart, sliceEnd - sliceStart));
        }

        List<ByteBuffer> parts() {
            cut();
            return List.copyOf(slices);
        }
    }
}
