package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.ArrowMessageLayout.STORED_RAW;
import static dev.millrace.internal.codec.ArrowMessageLayout.padded;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Block;
import dev.millrace.row.InternalRow;
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
    private static final int HEADER = 0;
    private static final int MESSAGE = LogBatchLayout.HEADER_LENGTH;

    /** Below this, one copy is cheaper than a gathering write of many parts. */
    private static final int COMPACT_BELOW = 8 * 1024;

    private final ArrowBatchLayout layout;
    private final ArrowColumnLoop loop;
    private final Block block;
    private final UnsafeBuffer buffer;
    final ArrowFieldWriter[] columns;

    /** Those of the columns that have no children, the others null: for a loop that knows them, so as not to ask. */
    final ArrowFieldWriter.@Nullable OfScalar[] scalars;

    private final int scratch;
    // 0 from the end of the batch on, when its block may be gone.
    private int rowLimit;
    private int rows;
    /** The column whose value is being written. */
    int current;

    private int batchLength;
    private @Nullable List<ByteBuffer> parts;

    /** @param block memory of the plan's length; stays the caller's, who releases it after the last use of the batch. */
    public ArrowBatchBuilder(final ArrowBatchLayout layout, final ArrowBatchLayout.Plan plan, final Block block) {
        this.layout = layout;
        this.loop = layout.loop();
        this.block = block;
        this.buffer = block.buffer();
        this.rowLimit = plan.rows();
        this.columns = new ArrowFieldWriter[layout.columns.length];
        this.scalars = new ArrowFieldWriter.OfScalar[columns.length];
        final ArrowFieldWriter.Regions regions =
                new ArrowFieldWriter.Regions(buffer, plan, layout.headLength(), layout.prefixLength());
        for (int column = 0; column < columns.length; column++) {
            columns[column] = ArrowFieldWriter.of(layout.columns[column], regions);
            scalars[column] = columns[column] instanceof ArrowFieldWriter.OfScalar scalar ? scalar : null;
        }
        this.scratch = regions.end();
    }

    /** The rows written so far. */
    @Override
    public int rowCount() {
        return rows;
    }

    /** Whether no row fits any more, whatever its values. */
    @Override
    public boolean isFull() {
        return rows >= rowLimit;
    }

    /** How many values each field has, and how many bytes those of variable length have. */
    void measure(final int[] counts, final int[] lengths) {
        for (final ArrowFieldWriter column : columns) {
            column.measure(rows, counts, lengths);
        }
    }

    /**
     * Appends a row.
     *
     * @return false if it does not fit any more; the batch is as it was.
     * @throws RowConversionException a value does not fit its column; the batch is as it was.
     */
    @Override
    public boolean tryAppend(final InternalRow row) {
        final int i = rows;
        // All regions have room for this many rows: the one check for what the writers put at an address.
        if (i >= rowLimit) {
            return false;
        }
        if (row.fieldCount() != columns.length) {
            throw new RowConversionException(
                    "the row has " + row.fieldCount() + " fields, the table has " + columns.length + " columns");
        }
        try {
            if (!loop.append(this, row, i)) {
                rewind();
                return false;
            }
        } catch (Misfit e) {
            final String where = describe(current);
            rewind();
            throw new RowConversionException(where + " cannot hold " + e.getMessage());
        } catch (RuntimeException e) {
            final String where = describe(current);
            rewind();
            throw new RowConversionException(where + ": " + e.getMessage(), e);
        } catch (Error e) {
            // Of a user's row, perhaps: whatever it is, no half row stays behind.
            rewind();
            throw e;
        }
        rows = i + 1;
        return true;
    }

    /**
     * Takes over rows of an Arrow root, column by column, into this batch, which is empty and planned for them
     * ({@link ArrowBatchLayout#planFor(VectorRows, int, int)}).
     */
    public void load(final VectorRows source, final int from, final int count) {
        if (rows != 0 || count > rowLimit) {
            throw new IllegalStateException(count + " rows for a batch of " + rows + " with room for " + rowLimit);
        }
        for (int column = 0; column < columns.length; column++) {
            columns[column].load(source.columns()[column], from, count);
        }
        rows = count;
    }

    /** Forgets the current row's values. */
    private void rewind() {
        for (final ArrowFieldWriter column : columns) {
            column.truncate(rows, rows + 1);
        }
    }

    private String describe(final int column) {
        final StringBuilder path = new StringBuilder(columns[column].field.name);
        final ArrowField field = columns[column].locate(path);
        return "column " + path + " of type " + field.type;
    }

    /**
     * Ends the batch: lays the metadata, and compresses where the table asks for it. The block shrinks to what is left.
     *
     * @param compressor of the table's codec; null for none
     */
    @Override
    public void finish(final @Nullable BufferCompressor compressor) {
        final boolean compact = compressor != null || regionLengths() < COMPACT_BELOW;
        final Body body = new Body(compressor, compact);
        rowLimit = 0;
        layout.message.put(buffer, MESSAGE);
        for (final ArrowFieldWriter column : columns) {
            column.finish(rows, body);
        }
        layout.message.putLengths(buffer, MESSAGE, rows, body.length);
        batchLength = layout.headLength() + body.length;
        LogBatchLayout.putHeader(buffer, HEADER, batchLength, layout.schemaId, LogBatchLayout.APPEND_ONLY, rows);
        if (compact) {
            block.shrink(batchLength);
        }
        parts = body.parts();
        layout.noteRows(rows);
    }

    /** The most bytes that the buffers take together. */
    private long regionLengths() {
        final int[] counts = new int[layout.fields.length];
        final int[] lengths = new int[layout.fields.length];
        measure(counts, lengths);
        long length = 0;
        for (final ArrowField field : layout.fields) {
            final int count = counts[field.node];
            length += ArrowBatchLayout.validityLength(count) + ArrowBatchLayout.dataLength(field, count);
            length += padded(lengths[field.node]);
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
    private final class Body implements ArrowFieldWriter.Sink {
        private final @Nullable BufferCompressor compressor;
        private final boolean compact;
        private final ByteBuffer memory = block.slice(0, block.length());
        private final List<ByteBuffer> slices = new ArrayList<>();
        private int nodeIndex;
        private int bufferIndex;
        private int length;
        private int sliceStart;
        private int sliceEnd = layout.headLength();

        Body(final @Nullable BufferCompressor compressor, final boolean compact) {
            this.compressor = compressor;
            this.compact = compact;
        }

        @Override
        public void addNode(final int count, final int nullCount) {
            layout.message.putNode(buffer, MESSAGE, nodeIndex++, count, nullCount);
        }

        @Override
        public void addBuffer(final int region, final int regionLength) {
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
