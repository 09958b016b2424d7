package dev.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.Later;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.admin.Admin;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.AppendWriter;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Partitions by our administration and by the official one: each sees what the other did. */
@WithCluster(tabletServers = 3)
@Timeout(60)
@SuppressWarnings("try") // the official client's close() throws Exception
class FlussAdminPartitionsTest {
    private FlussConnection connection;
    private FlussAdmin admin;
    private Connection official;
    private Admin theirs;
    private TablePath path;
    private org.apache.fluss.metadata.TablePath theirPath;

    @BeforeEach
    void connect(final FlussCluster cluster, final Database own) {
        connection = FlussConnection.connect(Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .requestTimeout(Duration.ofSeconds(20))
                .build());
        admin = connection.getAdmin();
        final Configuration configuration = new Configuration();
        configuration.setString(ConfigOptions.BOOTSTRAP_SERVERS.key(), cluster.bootstrapServers());
        official = ConnectionFactory.createConnection(configuration);
        theirs = official.getAdmin();
        path = TablePath.of(own.name(), "visits");
        theirPath = org.apache.fluss.metadata.TablePath.of(own.name(), "visits");
        admin.createTable(
                path,
                TableDescriptor.builder()
                        .schema(Schema.builder()
                                .column("n", DataTypes.BIGINT())
                                .column("country", DataTypes.STRING())
                                .column("day", DataTypes.STRING())
                                .build())
                        .partitionedBy("country", "day")
                        .distributedBy(3)
                        .build());
    }

    @AfterEach
    void disconnect() throws Exception {
        admin.dropTable(path, true);
        connection.close();
        theirs.close();
        Later.close(official);
    }

    @Test
    void shouldCreateListAndDropPartitions() throws Exception {
        assertThat(admin.listPartitionInfos(path)).isEmpty();
        // The order of the columns is the table's, whatever the caller's is.
        admin.createPartition(path, spec("day", "d1", "country", "de"));
        admin.createPartition(path, spec("country", "fr", "day", "d1"), false);
        theirs.createPartition(
                        theirPath,
                        new org.apache.fluss.metadata.PartitionSpec(Map.of("country", "fr", "day", "d2")),
                        false)
                .get(20, TimeUnit.SECONDS);

        assertThat(names(admin.listPartitionInfos(path))).containsExactlyInAnyOrder("de$d1", "fr$d1", "fr$d2");
        assertSameAsTheirs();
        assertThat(names(admin.listPartitionInfosWithSpec(path, spec("country", "fr"))))
                .containsExactlyInAnyOrder("fr$d1", "fr$d2");
        assertThat(names(admin.listPartitionInfosWithSpec(path, spec("day", "d1"))))
                .containsExactlyInAnyOrder("de$d1", "fr$d1");
        assertThat(admin.listPartitionInfosWithSpec(path, spec("country", "it")))
                .isEmpty();

        assertRefused(
                FlussError.PARTITION_ALREADY_EXISTS,
                () -> admin.createPartition(path, spec("country", "de", "day", "d1")));
        admin.createPartition(path, spec("country", "de", "day", "d1"), true);
        assertThat(admin.listPartitionInfos(path)).hasSize(3);

        admin.dropPartition(path, spec("country", "de", "day", "d1"));
        assertThat(names(admin.listPartitionInfos(path))).containsExactlyInAnyOrder("fr$d1", "fr$d2");
        assertSameAsTheirs();
        assertRefused(
                FlussError.PARTITION_NOT_EXISTS, () -> admin.dropPartition(path, spec("country", "de", "day", "d1")));
        admin.dropPartition(path, spec("country", "de", "day", "d1"), true);
    }

    @Test
    void shouldRefuseWhatIsNoPartitionOfTheTable() {
        assertRefused(
                FlussError.PARTITION_SPEC_INVALID_EXCEPTION, () -> admin.createPartition(path, spec("country", "de")));
        assertRefused(
                FlussError.PARTITION_SPEC_INVALID_EXCEPTION,
                () -> admin.createPartition(path, spec("country", "de", "year", "1999")));
        // The server compares with the partitions that there are.
        assertThat(admin.listPartitionInfosWithSpec(path, spec("year", "1999"))).isEmpty();
        admin.createPartition(path, spec("country", "de", "day", "d1"));
        assertThatThrownBy(() -> admin.listPartitionInfosWithSpec(path, spec("year", "1999")))
                .isInstanceOf(FlussApiException.class)
                .hasMessageContaining("year");
        final TablePath nothing = TablePath.of(path.database(), "nothing");
        assertRefused(FlussError.TABLE_NOT_EXIST, () -> admin.listPartitionInfos(nothing));
        assertRefused(FlussError.TABLE_NOT_EXIST, () -> admin.createPartition(nothing, spec("day", "d1")));

        final TablePath plain = TablePath.of(path.database(), "plain");
        admin.createTable(
                plain,
                TableDescriptor.builder()
                        .schema(Schema.builder().column("n", DataTypes.BIGINT()).build())
                        .build());
        assertRefused(FlussError.TABLE_NOT_PARTITIONED_EXCEPTION, () -> admin.listPartitionInfos(plain));
        assertRefused(
                FlussError.TABLE_NOT_PARTITIONED_EXCEPTION, () -> admin.createPartition(plain, spec("day", "d1")));
        admin.dropTable(plain);
    }

    @Test
    void shouldListOffsetsOfPartitions() throws Exception {
        admin.createPartition(path, spec("country", "de", "day", "d1"));
        admin.createPartition(path, spec("country", "fr", "day", "d1"));
        final List<Integer> buckets = List.of(0, 1, 2);
        // Right after creation: some buckets have no leader yet, which is waited for.
        assertThat(admin.listPartitionOffsets(path, "de$d1", buckets, OffsetSpec.latest()))
                .isEqualTo(Map.of(0, 0L, 1, 0L, 2, 0L));

        final long before = System.currentTimeMillis();
        try (Table table = official.getTable(theirPath)) {
            final AppendWriter writer = table.newAppend().createWriter();
            for (long n = 0; n < 50; n++) {
                writer.append(GenericRow.of(n, text(n < 30 ? "de" : "fr"), text("d1")));
            }
            writer.flush();
        }
        final Map<Integer, Long> latest = admin.listPartitionOffsets(path, "de$d1", buckets, OffsetSpec.latest());
        assertThat(sum(latest.values())).isEqualTo(30);
        assertThat(latest)
                .isEqualTo(theirs.listOffsets(
                                theirPath, "de$d1", buckets, new org.apache.fluss.client.admin.OffsetSpec.LatestSpec())
                        .all()
                        .get(20, TimeUnit.SECONDS));
        assertThat(sum(admin.listPartitionOffsets(path, "fr$d1", buckets, OffsetSpec.latest())
                        .values()))
                .isEqualTo(20);
        assertThat(admin.listPartitionOffsets(path, "de$d1", List.of(2, 0), OffsetSpec.earliest()))
                .isEqualTo(Map.of(0, 0L, 2, 0L));
        assertThat(admin.listPartitionOffsets(path, "de$d1", buckets, OffsetSpec.timestamp(before - 60_000)))
                .isEqualTo(Map.of(0, 0L, 1, 0L, 2, 0L));

        assertRefused(
                FlussError.PARTITION_NOT_EXISTS,
                () -> admin.listPartitionOffsets(path, "it$d1", buckets, OffsetSpec.latest()));
        assertRefused(
                FlussError.TABLE_NOT_EXIST,
                () -> admin.listPartitionOffsets(
                        TablePath.of(path.database(), "nothing"), "de$d1", buckets, OffsetSpec.latest()));
        assertThatThrownBy(() -> admin.listPartitionOffsets(path, "de$d1", List.of(3), OffsetSpec.latest()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("de$d1")
                .hasMessageContaining("no bucket 3");
        assertThatThrownBy(() -> admin.listOffsets(path, buckets, OffsetSpec.latest()))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining(path.toString())
                .hasMessageContaining("listPartitionOffsets");
        // Dropped and created again, it is another partition.
        admin.dropPartition(path, spec("country", "de", "day", "d1"));
        admin.createPartition(path, spec("country", "de", "day", "d1"));
        assertThat(admin.listPartitionOffsets(path, "de$d1", buckets, OffsetSpec.latest()))
                .isEqualTo(Map.of(0, 0L, 1, 0L, 2, 0L));
    }

    private void assertSameAsTheirs() throws Exception {
        final List<org.apache.fluss.metadata.PartitionInfo> seen =
                theirs.listPartitionInfos(theirPath).get(20, TimeUnit.SECONDS);
        assertThat(admin.listPartitionInfos(path).stream()
                        .map(info -> info.getPartitionId() + " " + info.getPartitionName() + " "
                                + info.getPartitionSpec().getSpecMap()))
                .containsExactlyInAnyOrderElementsOf(seen.stream()
                        .map(info -> info.getPartitionId() + " " + info.getPartitionName() + " "
                                + info.getPartitionSpec().getSpecMap())
                        .toList());
    }

    private static void assertRefused(final FlussError error, final ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(error));
    }

    private static List<String> names(final List<PartitionInfo> partitions) {
        return partitions.stream().map(PartitionInfo::getPartitionName).toList();
    }

    private static PartitionSpec spec(final String... columnsAndValues) {
        final Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < columnsAndValues.length; i += 2) {
            values.put(columnsAndValues[i], columnsAndValues[i + 1]);
        }
        return PartitionSpec.of(values);
    }

    private static long sum(final Collection<Long> offsets) {
        return offsets.stream().mapToLong(Long::longValue).sum();
    }

    private static BinaryString text(final String text) {
        return BinaryString.fromString(text);
    }
}
