package dev.millrace.scan;

import dev.millrace.internal.codec.RootWriter;
import dev.millrace.internal.codec.RowView;
import dev.millrace.internal.codec.ValueBatchReader;
import dev.millrace.metadata.TableBucket;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/** Some rows of a primary-key table, in the order of their keys as the server has them: one batch. For one thread. */
final class LimitedValues implements LimitedBatches {
    private final TableBucket bucket;
    private final LimitRequest.Records records;
    private final int limit;
    private final RowViews views;
    private final RootWriter writer;
    private final BufferAllocator allocator;
    private boolean isDone;

    /** Takes over the records and the writer. */
    LimitedValues(
            final TableBucket bucket,
            final LimitRequest.Records records,
            final int limit,
            final RowViews views,
            final RootWriter writer,
            final BufferAllocator allocator) {
        this.bucket = bucket;
        this.records = records;
        this.limit = limit;
        this.views = views;
        this.writer = writer;
        this.allocator = allocator;
    }

    @Override
    public @Nullable ScanBatch next(final long deadlineNs) {
        if (isDone) {
            return null;
        }
        final ValueBatchReader values = new ValueBatchReader();
        final UnsafeBuffer memory = records.block().buffer();
        values.wrap(memory, records.offset(), records.length());
        try (writer) {
            writer.begin(allocator, Math.min(values.count(), limit));
            for (int surplus = values.count() - limit; values.next(); surplus--) {
                if (surplus <= 0) {
                    final RowView row = views.of(values.schemaId());
                    row.wrap(memory, values.rowOffset(), values.rowLength());
                    writer.write(row);
                }
            }
            final ScanBatch batch = values.count() == 0
                    ? null
                    : new ScanBatch(bucket, writer.finish(), null, ScanBatch.NO_OFFSET, ScanBatch.NO_TIMESTAMP);
            isDone = true;
            return batch;
        }
    }

    @Override
    public void close() {
        writer.close();
        records.block().release();
    }
}
