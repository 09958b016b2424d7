package dev.millrace.scan;

import dev.millrace.internal.codec.ArrowBatch;
import dev.millrace.internal.codec.BufferDecompressor;
import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.metadata.TableBucket;
import org.apache.arrow.memory.BufferAllocator;

/** Batches that are Arrow already: the vectors point into the memory they came in, or were decompressed to. */
final class ArrowBatchMaker implements BatchMaker {
    private final ScanContext context;
    private final ArrowRoots roots;
    private final LogBatch.Shelf shelf;
    private final BufferDecompressor decompressor = new BufferDecompressor();

    ArrowBatchMaker(final ScanContext context, final BufferAllocator allocator) {
        this.context = context;
        this.roots = new ArrowRoots(context.layout().rowType(), allocator);
        this.shelf = new LogBatch.Shelf(context.layout());
    }

    @Override
    public ScanBatch make(
            final TableBucket bucket,
            final LogBatchReader reader,
            final SharedBlock block,
            final int from,
            final long deadlineNs) {
        final LogBatch batch = shelf.take();
        try {
            batch.wrap(reader, reader.schemaId() == context.table().schemaId(), block);
            final ArrowBatch rows = (ArrowBatch) batch.rows();
            final int length = rows.decompressedLength();
            if (length > 0) {
                final String where = context.describe(bucket, reader.baseOffset());
                final SharedBlock target = LimitMemory.take(context.memory(), length, deadlineNs, where);
                batch.takeDecompressed(target);
                rows.decompress(decompressor, target.buffer());
            }
            batch.checkValues();
            return roots.batch(bucket, batch, from, batch.rowCount());
        } finally {
            batch.release();
        }
    }

    @Override
    public void close() {
        decompressor.close();
    }
}
