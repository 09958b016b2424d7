package dev.millrace.bench.client;

import dev.millrace.FlussConnection;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A table of benchmarks.
 *
 * @param shape its columns.
 * @param keys 0 for a log; otherwise the column {@code seq} is the primary key, and upserts have so many keys in turn.
 * @param compression of the log: NONE or ZSTD.
 */
public record BenchTable(TablePath path, Shape shape, int buckets, long keys, String compression) {
    /** A log of one bucket without compression. */
    public static BenchTable log(final String database, final String name, final Shape shape) {
        return new BenchTable(TablePath.of(database, name), shape, 1, 0, "NONE");
    }

    public BenchTable withBuckets(final int count) {
        return new BenchTable(path, shape, count, keys, compression);
    }

    public BenchTable withKeys(final long count) {
        return new BenchTable(path, shape, buckets, count, compression);
    }

    public BenchTable withCompression(final String type) {
        return new BenchTable(path, shape, buckets, keys, type);
    }

    /** Creates it anew, empty. */
    public void create(final FlussConnection connection) {
        drop(connection);
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema((keys == 0
                                                ? shape.columns()
                                                : shape.columns().primaryKey("seq"))
                                        .build())
                                .distributedBy(buckets, List.of())
                                .property("table.log.arrow.compression.type", compression)
                                .property("table.replication.factor", "1")
                                .build(),
                        false);
    }

    public void drop(final FlussConnection connection) {
        connection.getAdmin().dropTable(path, true);
    }

    /** Writes the rows from the first one on, and waits for them. */
    public void fill(final FlussConnection connection, final long rows) {
        final GenericRow row = new GenericRow(shape.columnCount());
        if (keys == 0) {
            try (AppendWriter writer = connection.getTable(path).newAppend().createWriter()) {
                for (long seq = 0; seq < rows; seq++) {
                    shape.set(row, seq);
                    writer.append(row);
                }
            }
        } else {
            try (UpsertWriter writer = connection.getTable(path).newUpsert().createWriter()) {
                for (long seq = 0; seq < rows; seq++) {
                    shape.set(row, seq);
                    row.setLong(0, seq % keys);
                    writer.upsert(row);
                }
            }
        }
        checkWritten(connection, rows);
    }

    /**
     * Every row that was written must lie in the log, and no other: an upsert of a key that is there makes two entries, the
     * row before and the row after.
     */
    public void checkWritten(final FlussConnection connection, final long rows) {
        final long expected = keys == 0 || rows <= keys ? rows : keys + 2 * (rows - keys);
        final FlussAdmin admin = connection.getAdmin();
        final long end =
                admin
                        .listOffsets(path, IntStream.range(0, buckets).boxed().toList(), OffsetSpec.latest())
                        .values()
                        .stream()
                        .mapToLong(Long::longValue)
                        .sum();
        if (end != expected) {
            throw new IllegalStateException("%d rows written to %s make %d entries of its log, and there are %d"
                    .formatted(rows, path, expected, end));
        }
    }
}
