package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.internal.rpc.proto.PbRemoteLogFetchInfo;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logs of which the server has moved the older segments to a directory, written by the official client. */
@WithCluster(
        options = {"log.segment.file-size=64kb", "remote.log.task-interval-duration=100ms", "kv.snapshot.interval=200ms"
        })
@Timeout(120)
class TieredScanTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private static OfficialClient official;

    private final String bootstrapServers;
    private final String database;

    TieredScanTest(final FlussCluster cluster, final Database database) {
        this.bootstrapServers = cluster.bootstrapServers();
        this.database = database.name();
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialClient(cluster.bootstrapServers());
    }

    @AfterAll
    static void disconnect() {
        official.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD"})
    void shouldReadAllRowsOnceAcrossRemoteAndLocalSegments(final String codec) throws Exception {
        try (OfficialTable table = table("all_" + codec, Map.of("table.log.arrow.compression.type", codec));
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            TieredRows.fill(table);
            final PbRemoteLogFetchInfo remote = RemoteSegments.await(client, bucket(client, table), 0, 2);
            assertThat(RemoteSegments.end(remote)).isBetween(1L, TieredRows.ROWS - 1L);

            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            assertThat(TieredRows.numbers(scanner, 0, TieredRows.ROWS))
                    .containsExactlyElementsOf(TieredRows.range(0, TieredRows.ROWS));
        }
    }

    @Test
    void shouldBeginInTheMidstOfASegment() throws Exception {
        try (OfficialTable table = table("midst", Map.of("table.log.arrow.compression.type", "NONE"));
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            TieredRows.fill(table);
            final TableBucket bucket = bucket(client, table);
            final PbRemoteLogFetchInfo remote = RemoteSegments.await(client, bucket, 0, 4);
            // In the last batch of a segment, where the index gives a place behind its beginning.
            final long from = remote.getRemoteLogSegments(1).getRemoteLogEndOffset() - 7;
            assertThat(RemoteSegments.at(client, bucket, from).getFirstStartPos())
                    .isPositive();

            for (final long offset : new long[] {from, 1, TieredRows.BATCH_ROWS + 1}) {
                scanner.subscribe(0, offset);
                assertThat(TieredRows.numbers(scanner, 0, (int) (TieredRows.ROWS - offset)))
                        .containsExactlyElementsOf(TieredRows.range(offset, TieredRows.ROWS));
            }
        }
    }

    @Test
    void shouldProjectWhatLiesInRemoteFiles() throws Exception {
        try (OfficialTable table = table("projected", Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).project(2, 0).createLogScanner()) {
            TieredRows.fill(table);
            RemoteSegments.await(client, bucket(client, table), 0, 2);
            scanner.subscribe(0, 0);
            long next = 0;
            while (next < TieredRows.ROWS) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.count()).isPositive();
                    for (final ScanRecord record : records) {
                        assertThat(record.offset()).isEqualTo(next);
                        assertThat(record.row().fieldCount()).isEqualTo(2);
                        assertThat(record.row().getInt(0)).isEqualTo((int) (next % 7));
                        assertThat(record.row().getLong(1)).isEqualTo(next);
                        next++;
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INDEXED", "COMPACTED"})
    void shouldReadLogsOfRows(final String format) throws Exception {
        try (OfficialTable table = table("rows_" + format, Map.of("table.log.format", format));
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).project(1, 0).createLogScanner()) {
            TieredRows.fill(table);
            RemoteSegments.await(client, bucket(client, table), 0, 2);
            scanner.subscribe(0, 5);
            assertThat(TieredRows.numbers(scanner, 1, TieredRows.ROWS - 5))
                    .isEqualTo(TieredRows.range(5, TieredRows.ROWS));
        }
    }

    @Test
    void shouldGiveRemoteBatchesAsArrow() throws Exception {
        try (OfficialTable table = table("batches", Map.of());
                ScanClient client = client(config().build());
                RecordBatchLogScanner scanner =
                        client.scan(table.path).project(1, 0).createRecordBatchLogScanner()) {
            TieredRows.fill(table);
            RemoteSegments.await(client, bucket(client, table), 0, 2);
            scanner.subscribe(0, 42);
            long next = 42;
            while (next < TieredRows.ROWS) {
                for (final ScanBatch batch : scanner.poll(LONG)) {
                    try (batch) {
                        assertThat(batch.baseOffset()).isEqualTo(next);
                        final BigIntVector numbers =
                                (BigIntVector) batch.batch().getVector(1);
                        final VarCharVector texts =
                                (VarCharVector) batch.batch().getVector(0);
                        for (int row = 0; row < batch.numRecords(); row++) {
                            assertThat(numbers.get(row)).isEqualTo(next);
                            assertThat(texts.getObject(row)).hasToString(TieredRows.text(next));
                            next++;
                        }
                    }
                }
            }
        }
    }

    @Test
    void shouldReadTheChangesOfAPrimaryKeyTable() throws Exception {
        final int keys = 4;
        final int rounds = 120;
        try (OfficialChanges table = new OfficialChanges(official, database, "changes", 1, "FULL");
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            for (int round = 0; round < rounds; round++) {
                table.upsert(0, keys, longText(round));
            }
            // The local log keeps what no snapshot of the rows has yet, so one has to be made first.
            RemoteSegments.await(client, TableBucket.of(client.tableId(table.path), 0), 0, 1);
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            long next = 0;
            // The first round inserts; each later one says what was and what is.
            while (next < keys + 2L * keys * (rounds - 1)) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.isEmpty()).isFalse();
                    for (final ScanRecord record : records) {
                        assertThat(record.offset()).isEqualTo(next);
                        assertThat(record.changeType()).isEqualTo(change(next, keys));
                        next++;
                    }
                }
            }
        }
    }

    private static String longText(final int round) {
        return IntStream.range(0, 30)
                .mapToObj(part -> TieredRows.text(100L * round + part))
                .collect(Collectors.joining());
    }

    private static ChangeType change(final long offset, final int keys) {
        if (offset < keys) {
            return ChangeType.INSERT;
        }
        return (offset - keys) % 2 == 0 ? ChangeType.UPDATE_BEFORE : ChangeType.UPDATE_AFTER;
    }

    @Test
    void shouldReadPartitionsWrittenByThisClient() throws Exception {
        final TablePath path = TablePath.of(database, "partitioned");
        try (FlussConnection connection = FlussConnection.connect(config().build());
                ScanClient client = client(config().build())) {
            connection.getAdmin().createTable(path, partitioned(), false);
            final FlussTable table = connection.getTable(path);
            try (AppendWriter writer = table.newAppend().createWriter()) {
                for (int n = 0; n < TieredRows.ROWS; n++) {
                    writer.append(GenericRow.fromData((long) n, TieredRows.text(n), "d1"));
                    if (n % TieredRows.BATCH_ROWS == 0) {
                        writer.flush();
                    }
                }
            }
            final long partition =
                    connection.getAdmin().listPartitionInfos(path).getFirst().getPartitionId();
            RemoteSegments.await(client, TableBucket.of(client.tableId(path), partition, 0), 0, 2);
            try (LogScanner scanner = table.newScan().createLogScanner()) {
                scanner.subscribePartition(partition, 0, 11);
                assertThat(TieredRows.numbers(scanner, 0, TieredRows.ROWS - 11))
                        .isEqualTo(TieredRows.range(11, TieredRows.ROWS));
            }
        }
    }

    private static TableDescriptor partitioned() {
        return TableDescriptor.builder()
                .schema(Schema.builder()
                        .column("n", DataTypes.BIGINT())
                        .column("text", DataTypes.STRING())
                        .column("day", DataTypes.STRING())
                        .build())
                .partitionedBy("day")
                .distributedBy(1)
                .property("table.log.tiered.local-segments", "1")
                .build();
    }

    private OfficialTable table(final String name, final Map<String, String> properties) throws Exception {
        final Map<String, String> all = new HashMap<>(properties);
        all.put("table.log.tiered.local-segments", "1");
        return official.createTable(database, name, TieredRows.TYPE, 1, all);
    }

    private static TableBucket bucket(final ScanClient client, final OfficialTable table) {
        return TableBucket.of(client.tableId(table.path), 0);
    }

    private Config.Builder config() {
        return Config.builder().bootstrapServers(bootstrapServers);
    }

    private static ScanClient client(final Config config) {
        return new ScanClient(config);
    }
}
