package dev.millrace.scan;

import dev.millrace.metadata.TablePath;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.fluss.client.admin.Admin;
import org.apache.fluss.client.admin.OffsetSpec;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.AppendWriter;
import org.apache.fluss.row.InternalRow;

/** A table made and written by the official client. */
final class OfficialTable implements AutoCloseable {
    private final Admin admin;
    private final Table table;
    private final AppendWriter writer;
    final TablePath path;
    final int buckets;

    OfficialTable(final Admin admin, final Table table, final int buckets) {
        this.admin = admin;
        this.table = table;
        this.buckets = buckets;
        this.path = TablePath.of(
                table.getTableInfo().getTablePath().getDatabaseName(),
                table.getTableInfo().getTablePath().getTableName());
        this.writer = table.newAppend().createWriter();
    }

    /** Appends rows, and waits until all of them can be read. */
    void append(final Iterable<? extends InternalRow> rows) {
        rows.forEach(writer::append);
        writer.flush();
    }

    /** The offset after the last record of each bucket. */
    Map<Integer, Long> latest() throws Exception {
        final List<Integer> ids = IntStream.range(0, buckets).boxed().toList();
        return admin.listOffsets(table.getTableInfo().getTablePath(), ids, new OffsetSpec.LatestSpec())
                .all()
                .get(OfficialClient.PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        try {
            table.close();
        } catch (Exception e) {
            throw new IllegalStateException("the official client did not close a table", e);
        }
    }
}
