package dev.millrace.interop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.fluss.compression.ArrowCompressionInfo;
import org.apache.fluss.compression.ArrowCompressionType;
import org.apache.fluss.memory.UnmanagedPagedOutputView;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.SchemaGetter;
import org.apache.fluss.metadata.SchemaInfo;
import org.apache.fluss.record.ChangeType;
import org.apache.fluss.record.LogRecord;
import org.apache.fluss.record.LogRecordBatch;
import org.apache.fluss.record.LogRecordReadContext;
import org.apache.fluss.record.MemoryLogRecords;
import org.apache.fluss.record.MemoryLogRecordsArrowBuilder;
import org.apache.fluss.record.bytesview.BytesView;
import org.apache.fluss.row.InternalRow;
import org.apache.fluss.row.arrow.ArrowWriter;
import org.apache.fluss.row.arrow.ArrowWriterPool;
import org.apache.fluss.shaded.arrow.org.apache.arrow.memory.BufferAllocator;
import org.apache.fluss.shaded.arrow.org.apache.arrow.memory.RootAllocator;
import org.apache.fluss.types.RowType;
import org.apache.fluss.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;

/** Log batches as the official encoder makes them. */
public final class OfficialLog {
    public static final ArrowCompressionInfo NONE = new ArrowCompressionInfo(ArrowCompressionType.NONE, -1);
    public static final ArrowCompressionInfo ZSTD = new ArrowCompressionInfo(ArrowCompressionType.ZSTD, 3);
    public static final ArrowCompressionInfo LZ4 = new ArrowCompressionInfo(ArrowCompressionType.LZ4_FRAME, -1);

    private static final int PAGE_LENGTH = 64 * 1024;
    private static final int MAX_LENGTH = 64 << 20;

    private OfficialLog() {}

    /** One batch of appended rows with schema id 1. */
    public static byte[] batch(
            final RowType type, final ArrowCompressionInfo compression, final List<? extends InternalRow> rows) {
        return batch(type, compression, rows, List.of());
    }

    /** One batch; without change types it is append-only. */
    public static byte[] batch(
            final RowType type,
            final ArrowCompressionInfo compression,
            final List<? extends InternalRow> rows,
            final List<ChangeType> changeTypes) {
        try (BufferAllocator allocator = new RootAllocator(Long.MAX_VALUE);
                ArrowWriterPool pool = new ArrowWriterPool(allocator)) {
            final ArrowWriter writer = pool.getOrCreateWriter(1, 1, MAX_LENGTH, type, compression);
            final MemoryLogRecordsArrowBuilder builder = MemoryLogRecordsArrowBuilder.builder(
                    1, writer, new UnmanagedPagedOutputView(PAGE_LENGTH), changeTypes.isEmpty());
            for (int i = 0; i < rows.size(); i++) {
                builder.append(changeTypes.isEmpty() ? ChangeType.APPEND_ONLY : changeTypes.get(i), rows.get(i));
            }
            builder.close();
            return bytes(builder.build());
        } catch (Exception e) {
            throw new IllegalStateException("the official encoder failed", e);
        }
    }

    /** The rows of one batch of schema id 1, as plain values, after the official decoder has checked it. */
    public static List<List<@Nullable Object>> rows(final byte[] batch) {
        final List<List<@Nullable Object>> values = new ArrayList<>();
        read(ScalarRows.officialType(), batch, row -> values.add(ScalarRows.readOfficial(ScalarRows.type(), row)));
        return values;
    }

    /** Gives each row of one batch of schema id 1 to {@code reader}, after the official decoder has checked it. */
    public static void read(final RowType type, final byte[] batch, final Consumer<? super InternalRow> reader) {
        try (LogRecordReadContext context = LogRecordReadContext.createArrowReadContext(type, 1, new OneSchema(type))) {
            for (final LogRecordBatch records :
                    MemoryLogRecords.pointToBytes(batch).batches()) {
                records.ensureValid();
                try (CloseableIterator<LogRecord> iterator = records.records(context)) {
                    while (iterator.hasNext()) {
                        reader.accept(iterator.next().getRow());
                    }
                }
            }
        }
    }

    /** Knows one schema only. */
    private static final class OneSchema implements SchemaGetter {
        private final Schema schema;

        OneSchema(final RowType type) {
            this.schema = Schema.newBuilder().fromRowType(type).build();
        }

        @Override
        public Schema getSchema(final int schemaId) {
            return schema;
        }

        @Override
        public CompletableFuture<SchemaInfo> getSchemaInfoAsync(final int schemaId) {
            return CompletableFuture.completedFuture(getLatestSchemaInfo());
        }

        @Override
        public SchemaInfo getLatestSchemaInfo() {
            return new SchemaInfo(schema, 1);
        }

        @Override
        public void release() {
            // Holds nothing.
        }
    }

    private static byte[] bytes(final BytesView view) {
        final byte[] bytes = new byte[view.getBytesLength()];
        view.getByteBuf().readBytes(bytes);
        return bytes;
    }
}
