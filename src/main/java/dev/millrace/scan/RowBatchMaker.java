package dev.millrace.scan;

import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.internal.codec.RootWriter;
import dev.millrace.internal.codec.RowLogReader;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.metadata.TableBucket;
import org.apache.arrow.memory.BufferAllocator;

/** Batches of rows, which are copied into vectors. */
final class RowBatchMaker implements BatchMaker {
    private final RowViews views;
    private final RootWriter writer;
    private final BufferAllocator allocator;

    RowBatchMaker(final RowViews views, final RootWriter writer, final BufferAllocator allocator) {
        this.views = views;
        this.writer = writer;
        this.allocator = allocator;
    }

    @Override
    public ScanBatch make(
            final TableBucket bucket,
            final LogBatchReader reader,
            final SharedBlock block,
            final int from,
            final long deadlineNs) {
        final RowLogReader records = new RowLogReader(views.of(reader.schemaId()));
        records.wrap(reader);
        try (writer) {
            writer.begin(allocator, reader.recordCount() - from);
            while (records.next()) {
                if (records.index() >= from) {
                    writer.write(records.row());
                }
            }
            return new ScanBatch(bucket, writer.finish(), null, reader.baseOffset() + from, reader.timestamp());
        }
    }

    @Override
    public void close() {
        writer.close();
    }
}
