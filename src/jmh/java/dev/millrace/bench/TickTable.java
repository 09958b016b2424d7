package dev.millrace.bench;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.types.DataTypes;
import java.util.List;

/** The table of all benchmarks: six columns of a tick, one bucket mostly. */
public final class TickTable {
    public static final int SYMBOLS = 500;
    public static final long FIRST_MILLIS = 1_700_000_000_000L;

    private TickTable() {}

    /** Where the server is; the launcher sets it for the forks. */
    public static String bootstrap() {
        final String bootstrap = System.getProperty("millrace.bootstrap");
        if (bootstrap == null) {
            throw new IllegalStateException("no server: start the benchmarks through dev.millrace.bench.Benchmarks");
        }
        return bootstrap;
    }

    /** Creates the table anew, empty. */
    public static TablePath create(final String name, final String compression) {
        return create(name, compression, 1);
    }

    /** Creates the table anew, empty, with so many buckets. */
    public static TablePath create(final String name, final String compression, final int buckets) {
        return create(name, LogFormat.ARROW, compression, buckets, List.of());
    }

    /** Creates the table anew, empty, in a format and with a bucket key or none. */
    public static TablePath create(
            final String name, final LogFormat format, final String compression, final List<String> bucketKey) {
        return create(name, format, compression, 1, bucketKey);
    }

    private static TablePath create(
            final String name,
            final LogFormat format,
            final String compression,
            final int buckets,
            final List<String> bucketKey) {
        final TablePath path = TablePath.of("fluss", name);
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(bootstrap()).build())) {
            connection.getAdmin().dropTable(path, true);
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(columns().build())
                                    .logFormat(format)
                                    .distributedBy(buckets, bucketKey)
                                    .property("table.log.arrow.compression.type", compression)
                                    .property("table.replication.factor", "1")
                                    .build(),
                            false);
        }
        return path;
    }

    private static Schema.Builder columns() {
        return Schema.builder()
                .column("seq", DataTypes.BIGINT())
                .column("symbol", DataTypes.STRING())
                .column("price", DataTypes.DOUBLE())
                .column("size", DataTypes.INT())
                .column("buy", DataTypes.BOOLEAN())
                .column("time", DataTypes.TIMESTAMP_LTZ(3));
    }

    /** Creates the table anew, empty, with the sequence as its primary key. */
    public static TablePath createKeyed(final String name) {
        final TablePath path = TablePath.of("fluss", name);
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(bootstrap()).build())) {
            connection.getAdmin().dropTable(path, true);
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(columns().primaryKey("seq").build())
                                    .distributedBy(1, List.of())
                                    .property("table.replication.factor", "1")
                                    .build(),
                            false);
        }
        return path;
    }

    /** Every row that was counted must lie in the log, and no other. */
    public static void checkEnd(final TablePath path, final long expected) {
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(bootstrap()).build())) {
            final long end = connection
                    .getAdmin()
                    .listOffsets(path, List.of(0), OffsetSpec.latest())
                    .get(0);
            if (end != expected) {
                throw new IllegalStateException("appended " + expected + " rows, the log has " + end);
            }
        }
    }

    public static String[] symbols() {
        final String[] symbols = new String[SYMBOLS];
        for (int i = 0; i < SYMBOLS; i++) {
            symbols[i] = "SYM" + (1000 + i);
        }
        return symbols;
    }

    /** A price that looks like one: a few digits that differ. */
    public static double price(final long seq) {
        return 100 + (seq * 7919 % 20_011) / 100.0;
    }
}
