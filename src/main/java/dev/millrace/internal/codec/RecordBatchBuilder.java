package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Block;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** A batch of records one behind the other, each with its length in front of it: row by row, not column by column. */
public abstract sealed class RecordBatchBuilder implements BatchBuilder permits KvBatchBuilder, RowLogBatchBuilder {
    static final int HEADER = 0;

    private final Block block;
    final UnsafeBuffer buffer;
    private int rows;
    private int end;
    private @Nullable List<ByteBuffer> parts;

    RecordBatchBuilder(final Block block, final int headerLength) {
        if (block.length() < headerLength) {
            throw new IllegalArgumentException(
                    "a block of " + block.length() + " bytes, where the header alone needs " + headerLength);
        }
        this.block = block;
        this.buffer = block.buffer();
        this.end = headerLength;
    }

    /** Never before a row was refused: how short the next one is nobody knows. */
    @Override
    public final boolean isFull() {
        return false;
    }

    @Override
    public final int rowCount() {
        return rows;
    }

    /** Where the next record begins. */
    final int end() {
        return end;
    }

    /** Where the memory ends. */
    final int limit() {
        return block.length();
    }

    /** Takes in a record that was written at the end. */
    final void commit(final int recordEnd) {
        end = recordEnd;
        rows++;
    }

    @Override
    public final void finish(final @Nullable BufferCompressor compressor) {
        putHeader(end, rows);
        block.shrink(end);
        parts = List.of(block.slice(0, end));
    }

    @Override
    public final void seal(final long writerId, final int sequence) {
        final ByteBuffer bytes = parts().get(0);
        putWriter(writerId, sequence);
        final CRC32C crc = new CRC32C();
        crc.update(bytes.slice(crcStart(), bytes.limit() - crcStart()));
        putCrc((int) crc.getValue());
    }

    @Override
    public final int length() {
        return end;
    }

    @Override
    public final List<ByteBuffer> parts() {
        if (parts == null) {
            throw new IllegalStateException("the batch is not finished");
        }
        return parts;
    }

    abstract void putHeader(int batchLength, int recordCount);

    abstract void putWriter(long writerId, int sequence);

    abstract void putCrc(int crc);

    abstract int crcStart();
}
