package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.RecordBatchLogReader;
import dev.millrace.scan.RecordBatchLogScanner;
import dev.millrace.scan.ScanBatch;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.junit.jupiter.api.Test;

/** The samples of the chapter on Arrow. */
class ArrowTest extends Guide {
    ArrowTest(FlussCluster cluster, Database database) {
        super(cluster, database);
    }

    private FlussTable visits(String name) {
        return create(
                name,
                TableDescriptor.builder()
                        .schema(Schema.builder()
                                .column("visitor", DataTypes.BIGINT())
                                .column("page", DataTypes.STRING())
                                .build())
                        .distributedBy(1)
                        .build());
    }

    @Test
    void shouldAppendAndScanBatches() {
        FlussTable table = visits("batches");
        // sample: append
        org.apache.arrow.vector.types.pojo.Schema schema = new org.apache.arrow.vector.types.pojo.Schema(List.of(
                new Field("visitor", FieldType.nullable(new ArrowType.Int(64, true)), null),
                new Field("page", FieldType.nullable(ArrowType.Utf8.INSTANCE), null)));
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
                AppendWriter writer = table.newAppend().createWriter()) {
            BigIntVector visitors = (BigIntVector) root.getVector("visitor");
            VarCharVector pages = (VarCharVector) root.getVector("page");
            for (int row = 0; row < 1000; row++) {
                visitors.setSafe(row, row);
                pages.setSafe(row, "/".getBytes(StandardCharsets.UTF_8));
            }
            root.setRowCount(1000);
            writer.appendArrowBatch(root).await();
        }
        // end
        long sum = 0;
        long rows = 0;
        // sample: scan
        try (RecordBatchLogScanner scanner = table.newScan().createRecordBatchLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            while (rows < 1000) {
                for (ScanBatch batch : scanner.poll(Duration.ofSeconds(1))) {
                    try (batch) {
                        BigIntVector visitors = (BigIntVector) batch.batch().getVector("visitor");
                        for (int row = 0; row < batch.numRecords(); row++) {
                            sum += visitors.get(row);
                        }
                        rows += batch.numRecords();
                    }
                }
            }
        }
        // end
        assertThat(sum).isEqualTo(999 * 500);
    }

    @Test
    void shouldMoveBatchesIntoAnArrowStream() throws Exception {
        FlussTable table = visits("streamed");
        try (AppendWriter writer = table.newAppend().createWriter()) {
            writer.append(GenericRow.fromData(7L, "/"));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // sample: reader
        RecordBatchLogScanner scanner = table.newScan().createRecordBatchLogScanner();
        scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
        try (ArrowReader reader = RecordBatchLogReader.untilLatest(scanner).toArrowReader();
                ArrowStreamWriter stream =
                        new ArrowStreamWriter(reader.getVectorSchemaRoot(), null, Channels.newChannel(bytes))) {
            while (reader.loadNextBatch()) {
                stream.writeBatch();
            }
        }
        // end
        // sample: back
        try (BufferAllocator allocator = new RootAllocator();
                ArrowStreamReader stream =
                        new ArrowStreamReader(new ByteArrayInputStream(bytes.toByteArray()), allocator);
                AppendWriter writer = table.newAppend().createWriter()) {
            while (stream.loadNextBatch()) {
                writer.appendArrowBatch(stream.getVectorSchemaRoot());
            }
            writer.flush();
        }
        // end
        long rows = 0;
        RecordBatchLogScanner again = table.newScan().createRecordBatchLogScanner();
        again.subscribe(0, LogScanner.EARLIEST_OFFSET);
        // sample: bounded
        try (RecordBatchLogReader reader = RecordBatchLogReader.untilLatest(again)) {
            Optional<ScanBatch> next;
            while ((next = reader.nextBatch()).isPresent()) {
                try (ScanBatch batch = next.get()) {
                    rows += batch.numRecords();
                }
            }
        }
        // end
        assertThat(rows).isEqualTo(2);
    }

    @Test
    void shouldGiveWhatALookupFoundAsABatch() {
        FlussTable table = create(
                "pages",
                TableDescriptor.builder()
                        .schema(Schema.builder()
                                .column("visitor", DataTypes.BIGINT())
                                .column("page", DataTypes.STRING())
                                .primaryKey("visitor", "page")
                                .build())
                        .distributedBy(1, "visitor")
                        .build());
        try (UpsertWriter writer = table.newUpsert().createWriter()) {
            writer.upsert(GenericRow.fromData(7L, "/"));
            writer.upsert(GenericRow.fromData(7L, "/about"));
        }
        int found;
        // sample: lookup
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = table.newLookup()
                        .lookupBy("visitor")
                        .createLookuper()
                        .lookup(GenericRow.fromData(7L))
                        .toRecordBatch(allocator)) {
            found = root.getRowCount();
        }
        // end
        assertThat(found).isEqualTo(2);
    }
}
