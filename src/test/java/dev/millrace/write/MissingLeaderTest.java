package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.NoKeyAssigner;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Half of the buckets lose their leader, which no other server can replace, and get it back. */
@WithCluster(
        tabletServers = 2,
        options = {"default.replication.factor=1"})
@Timeout(120)
class MissingLeaderTest {
    private static final List<Integer> BUCKETS = List.of(0, 1, 2, 3);

    private final FlussCluster cluster;
    private final Database database;

    MissingLeaderTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @ParameterizedTest
    @EnumSource
    void shouldPreferBucketsThatHaveALeader(final NoKeyAssigner assigner) {
        final Config.Builder config = Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .writerBatchSize(16 * 1024)
                .writerBatchTimeout(Duration.ofMillis(1))
                .writerBucketNoKeyAssigner(assigner);
        try (FlussConnection connection = FlussConnection.connect(config.build())) {
            final TablePath path =
                    TablePath.of(database.name(), "halves_" + assigner.name().toLowerCase(Locale.ROOT));
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(Schema.builder()
                                            .column("n", DataTypes.BIGINT())
                                            .build())
                                    .distributedBy(BUCKETS.size(), List.of())
                                    .build(),
                            false);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writeUntilAllBucketsHaveRows(connection, path, writer);

            cluster.tabletServer(1).stop();
            final List<WriteResultFuture> stuck = new ArrayList<>();
            try {
                cluster.awaitReady();
                // Rows that meet a bucket whose leader is gone find that out for those that follow.
                int acknowledged = 0;
                for (int n = 0; acknowledged < 100; n++) {
                    final WriteResultFuture future = writer.append(GenericRow.fromData((long) n));
                    if (future.await(Duration.ofSeconds(2))) {
                        acknowledged++;
                    } else {
                        acknowledged = 0;
                        stuck.add(future);
                    }
                    assertThat(stuck)
                            .as("rows that met a bucket without a leader")
                            .hasSizeLessThan(20);
                }
                for (int n = 0; n < 1_000; n++) {
                    final WriteResultFuture future = writer.append(GenericRow.fromData((long) n));
                    if (n % 100 == 99) {
                        assertThat(future.await(Duration.ofSeconds(10))).isTrue();
                    }
                }
                assertThat(stuck).noneMatch(WriteResultFuture::isDone);
            } finally {
                cluster.tabletServer(1).start();
                cluster.awaitReady();
            }
            stuck.forEach(WriteResultFuture::await);
            writeUntilAllBucketsHaveRows(connection, path, writer);
            writer.flush();
        }
    }

    /** All get more than they have now. */
    private static void writeUntilAllBucketsHaveRows(
            final FlussConnection connection, final TablePath path, final AppendWriter writer) {
        final Map<Integer, Long> before = connection.getAdmin().listOffsets(path, BUCKETS, OffsetSpec.latest());
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            final Map<Integer, Long> now = connection.getAdmin().listOffsets(path, BUCKETS, OffsetSpec.latest());
            if (BUCKETS.stream().allMatch(bucket -> now.get(bucket) > before.get(bucket))) {
                return;
            }
            assertThat(System.nanoTime()).as("%s, %s before", now, before).isLessThan(deadlineNs);
            for (int n = 0; n < 5_000; n++) {
                writer.append(GenericRow.fromData((long) n));
            }
            writer.flush();
        }
    }
}
