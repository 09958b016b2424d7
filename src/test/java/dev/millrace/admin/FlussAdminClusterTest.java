package dev.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.metadata.DatabaseSummary;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.types.DataTypes;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What concerns the cluster as a whole, beside the official client on the same one. */
class FlussAdminClusterTest extends BothAdmins {
    private static final String RATE_LIMIT = "kv.rocksdb.shared-rate-limiter.bytes-per-sec";

    @Test
    void shouldSummarizeDatabases() throws Exception {
        created("in_short", 1);
        final List<DatabaseSummary> summaries = admin.listDatabaseSummaries();
        assertThat(summaries.stream().map(summary -> summary.databaseName() + " " + summary.tableCount()))
                .contains(database + " " + admin.listTables(database).size(), "fluss 0");
        assertThat(summaries.stream()
                        .map(summary -> summary.databaseName()
                                + summary.tableCount()
                                + summary.createdTime().toEpochMilli()))
                .containsExactlyInAnyOrderElementsOf(await(theirs.listDatabaseSummaries()).stream()
                        .map(summary -> summary.getDatabaseName() + summary.getTableCount() + summary.getCreatedTime())
                        .toList());
    }

    @Test
    void shouldDescribeAndAlterTheConfiguration() throws Exception {
        assertThat(admin.describeClusterConfigs())
                .contains(new ConfigEntry(
                        "kv.snapshot.num-retained", "1", ConfigEntry.ConfigSource.INITIAL_SERVER_CONFIG))
                .noneMatch(entry -> entry.key().equals(RATE_LIMIT));
        assertSameConfiguration();

        admin.alterClusterConfigs(List.of(AlterConfig.set(RATE_LIMIT, "200mb")));
        assertThat(admin.describeClusterConfigs())
                .contains(new ConfigEntry(RATE_LIMIT, "200mb", ConfigEntry.ConfigSource.DYNAMIC_SERVER_CONFIG));
        assertSameConfiguration();
        admin.alterClusterConfigs(List.of(AlterConfig.delete(RATE_LIMIT)));
        admin.alterClusterConfigs(List.of(AlterConfig.delete(RATE_LIMIT)));
        admin.alterClusterConfigs(List.of());
        assertThat(admin.describeClusterConfigs())
                .noneMatch(entry -> entry.key().equals(RATE_LIMIT));
    }

    @Test
    void shouldRefuseOptionsThatCannotBeAltered() {
        for (final AlterConfig refused : List.of(
                AlterConfig.set("kv.snapshot.num-retained", "2"),
                AlterConfig.set("no.such.option", "1"),
                AlterConfig.delete("no.such.option"),
                AlterConfig.set(RATE_LIMIT, "fast"))) {
            assertThatThrownBy(() -> admin.alterClusterConfigs(List.of(refused)))
                    .isInstanceOf(FlussApiException.class)
                    .hasMessageContaining("ALTER_CLUSTER_CONFIGS")
                    .hasMessageContaining(refused.key());
        }
        // All or none.
        assertThatThrownBy(() -> admin.alterClusterConfigs(
                        List.of(AlterConfig.set(RATE_LIMIT, "100mb"), AlterConfig.set("no.such.option", "1"))))
                .isInstanceOf(FlussApiException.class);
        assertThat(admin.describeClusterConfigs())
                .noneMatch(entry -> entry.key().equals(RATE_LIMIT));
    }

    @Test
    void shouldShowNoSecretInTheTextOfOptions() {
        final ConfigEntry.ConfigSource source = ConfigEntry.ConfigSource.INITIAL_SERVER_CONFIG;
        for (final String key : List.of(
                "security.sasl.plain.jaas.config",
                "security.sasl.listener.name.client.plain.Password",
                "s3.secret-key",
                "s3.access-key",
                "fs.azure.account.token")) {
            assertThat(new ConfigEntry(key, "hunter2", source)).hasToString(key + " = ****** (" + source + ")");
            assertThat(AlterConfig.set(key, "hunter2")).hasToString("SET " + key + " = ******");
        }
        assertThat(new ConfigEntry("data.dir", "/d", source)).hasToString("data.dir = /d (" + source + ")");
        assertThat(new ConfigEntry("data.dir", null, source)).hasToString("data.dir = (not told) (" + source + ")");
        assertThat(AlterConfig.delete("data.dir")).hasToString("DELETE data.dir");
    }

    @Test
    void shouldMoveBucketsAwayFromATaggedServer() throws Exception {
        final TablePath path = created("moved", 9);
        final long tableId = admin.getTableInfo(path).tableId();
        // Every bucket has its leader; a plan cannot be made of others.
        admin.listOffsets(path, List.of(0, 1, 2, 3, 4, 5, 6, 7, 8), OffsetSpec.latest());
        admin.addServerTag(List.of(2), ServerTag.PERMANENT_OFFLINE);
        try {
            admin.addServerTag(List.of(2), ServerTag.PERMANENT_OFFLINE);
            assertRefused(
                    FlussError.SEVER_TAG_ALREADY_EXIST_EXCEPTION,
                    () -> admin.addServerTag(List.of(2), ServerTag.TEMPORARY_OFFLINE));
            assertRefused(
                    FlussError.SERVER_NOT_EXIST_EXCEPTION,
                    () -> admin.addServerTag(List.of(0, 9), ServerTag.PERMANENT_OFFLINE));
            assertRefused(
                    FlussError.SEVER_TAG_NOT_EXIST_EXCEPTION,
                    () -> admin.removeServerTag(List.of(2), ServerTag.TEMPORARY_OFFLINE));

            final String id = rebalance(GoalType.REPLICA_DISTRIBUTION, GoalType.LEADER_DISTRIBUTION);
            final RebalanceProgress done = eventually(
                            () -> admin.listRebalanceProgress(id),
                            progress -> progress.orElseThrow().status().isFinal())
                    .orElseThrow();
            assertThat(done.rebalanceId()).isEqualTo(id);
            assertThat(done.status()).isEqualTo(RebalanceStatus.COMPLETED);
            assertThat(done.progress()).isEqualTo(1);
            assertThat(done.progressForBucketMap().keySet().stream().filter(bucket -> bucket.tableId() == tableId))
                    .isNotEmpty();
            assertThat(done.progressForBucketMap().values()).allSatisfy(result -> {
                assertThat(result.status()).isEqualTo(RebalanceStatus.COMPLETED);
                assertThat(result.plan().newReplicas()).hasSize(1).doesNotContain(2);
                assertThat(result.plan().newLeader())
                        .isEqualTo(result.plan().newReplicas().getFirst());
            });
            assertThat(done.progressForBucketMap().values())
                    .anyMatch(result -> result.plan().originalLeader() == 2
                            && result.plan().originReplicas().equals(List.of(2))
                            && result.plan().isLeaderChanged());
            assertThat(admin.listRebalanceProgress()).contains(done);
            assertSameProgress(done, id);
            // Moved buckets are still there.
            assertThat(admin.listOffsets(path, List.of(0, 1, 2, 3, 4, 5, 6, 7, 8), OffsetSpec.latest()))
                    .hasSize(9);
            assertThat(admin.getTableStats(path).rowCount()).isZero();

            admin.cancelRebalance(id);
            assertThat(admin.listRebalanceProgress(id).orElseThrow().status()).isEqualTo(RebalanceStatus.COMPLETED);
            assertRefused(FlussError.NO_REBALANCE_IN_PROGRESS_EXCEPTION, () -> admin.listRebalanceProgress("another"));
            assertRefused(FlussError.NO_REBALANCE_IN_PROGRESS_EXCEPTION, () -> admin.cancelRebalance("another"));
        } finally {
            admin.removeServerTag(List.of(2), ServerTag.PERMANENT_OFFLINE);
        }
        admin.removeServerTag(List.of(2), ServerTag.PERMANENT_OFFLINE);

        final String back = rebalance(GoalType.REPLICA_DISTRIBUTION);
        admin.cancelRebalance();
        final RebalanceProgress ended = admin.listRebalanceProgress(back).orElseThrow();
        assertThat(ended.status()).isIn(RebalanceStatus.CANCELED, RebalanceStatus.COMPLETED);
        assertSameProgress(ended, back);
    }

    @Test
    void shouldRegisterOffsetsOfProducersOnce() throws Exception {
        final TableBucket first =
                TableBucket.of(admin.getTableInfo(created("produced", 2)).tableId(), 0);
        final TableBucket second = TableBucket.of(first.tableId(), 1);
        final TablePath days = path("produced_days");
        admin.createTable(
                days, descriptor().partitionedBy("day").distributedBy(1).build());
        admin.createPartition(days, PartitionSpec.of(Map.of("day", "d1")));
        final TableBucket day = TableBucket.of(
                admin.getTableInfo(days).tableId(),
                admin.listPartitionInfos(days).getFirst().getPartitionId(),
                0);
        final Map<TableBucket, Long> offsets = Map.of(first, 0L, second, 1L << 40, day, 7L);
        assertThat(admin.getProducerOffsets("job-1")).isEmpty();

        assertThat(admin.registerProducerOffsets("job-1", offsets)).isEqualTo(RegisterResult.CREATED);
        assertThat(admin.registerProducerOffsets("job-1", Map.of(first, 3L))).isEqualTo(RegisterResult.ALREADY_EXISTS);
        final ProducerOffsetsResult registered =
                admin.getProducerOffsets("job-1").orElseThrow();
        assertThat(registered.producerId()).isEqualTo("job-1");
        assertThat(registered.tableOffsets())
                .isEqualTo(
                        Map.of(first.tableId(), Map.of(first, 0L, second, 1L << 40), day.tableId(), Map.of(day, 7L)));
        assertThat(registered.expirationTime()).isAfter(Instant.now());

        final org.apache.fluss.client.admin.ProducerOffsetsResult seen = await(theirs.getProducerOffsets("job-1"));
        assertThat(registered.expirationTime().toEpochMilli()).isEqualTo(seen.getExpirationTime());
        final Map<TableBucket, Long> seenOffsets = new HashMap<>();
        seen.getTableOffsets()
                .values()
                .forEach(table -> table.forEach((bucket, offset) -> seenOffsets.put(ours(bucket), offset)));
        assertThat(seenOffsets).isEqualTo(offsets);

        admin.deleteProducerOffsets("job-1");
        admin.deleteProducerOffsets("job-1");
        assertThat(admin.getProducerOffsets("job-1")).isEmpty();
        assertThat(await(theirs.getProducerOffsets("job-1"))).isNull();
        assertRefused(
                FlussError.INVALID_PRODUCER_ID_EXCEPTION, () -> admin.registerProducerOffsets("no spaces", offsets));
        assertRefused(FlussError.INVALID_PRODUCER_ID_EXCEPTION, () -> admin.getProducerOffsets("no spaces"));
        assertRefused(FlussError.INVALID_PRODUCER_ID_EXCEPTION, () -> admin.deleteProducerOffsets("no spaces"));
    }

    /** Begins one of our own tables only: others may be about to be dropped, and then it would not end. */
    private String rebalance(final GoalType... goals) throws Exception {
        return eventually(
                        () -> {
                            final Optional<String> id = planned(goals);
                            if (id.isPresent() && !ownTables().containsAll(movedTables(id.get()))) {
                                admin.cancelRebalance(id.get());
                                return Optional.<String>empty();
                            }
                            return id;
                        },
                        Optional::isPresent)
                .orElseThrow();
    }

    /** No plan can be made while any bucket of the cluster has no leader yet. */
    private Optional<String> planned(final GoalType... goals) {
        try {
            return Optional.of(admin.rebalance(List.of(goals)));
        } catch (final FlussApiException e) {
            assertThat(e.error()).isEqualTo(FlussError.REBALANCE_FAILURE_EXCEPTION);
            return Optional.empty();
        }
    }

    private Set<Long> movedTables(final String rebalanceId) {
        return admin.listRebalanceProgress(rebalanceId).orElseThrow().progressForBucketMap().keySet().stream()
                .map(TableBucket::tableId)
                .collect(Collectors.toSet());
    }

    private Set<Long> ownTables() {
        return admin.listTables(database).stream()
                .map(table -> admin.getTableInfo(path(table)).tableId())
                .collect(Collectors.toSet());
    }

    private void assertSameConfiguration() throws Exception {
        assertThat(admin.describeClusterConfigs().stream()
                        .map(entry -> entry.key() + "=" + entry.value() + " " + entry.source()))
                .containsExactlyInAnyOrderElementsOf(await(theirs.describeClusterConfigs()).stream()
                        .map(entry -> entry.key() + "=" + entry.value() + " " + entry.source())
                        .toList());
    }

    private void assertSameProgress(final RebalanceProgress ours, final String id) throws Exception {
        final org.apache.fluss.cluster.rebalance.RebalanceProgress seen =
                await(theirs.listRebalanceProgress(id)).orElseThrow();
        assertThat(ours.status().name()).isEqualTo(seen.status().name());
        final Set<String> plans = ours.progressForBucketMap().entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue().status() + " "
                        + entry.getValue().plan().originalLeader()
                        + entry.getValue().plan().originReplicas()
                        + entry.getValue().plan().newLeader()
                        + entry.getValue().plan().newReplicas())
                .collect(Collectors.toSet());
        assertThat(plans)
                .isEqualTo(seen.progressForBucketMap().entrySet().stream()
                        .map(entry ->
                                ours(entry.getKey()) + " " + entry.getValue().status() + " "
                                        + entry.getValue().plan().getOriginalLeader()
                                        + entry.getValue().plan().getOriginReplicas()
                                        + entry.getValue().plan().getNewLeader()
                                        + entry.getValue().plan().getNewReplicas())
                        .collect(Collectors.toSet()));
    }

    private static TableBucket ours(final org.apache.fluss.metadata.TableBucket bucket) {
        return TableBucket.of(bucket.getTableId(), bucket.getPartitionId(), bucket.getBucket());
    }

    private TablePath created(final String table, final int buckets) {
        admin.createTable(path(table), descriptor().distributedBy(buckets).build());
        return path(table);
    }

    private static TableDescriptor.Builder descriptor() {
        return TableDescriptor.builder()
                .schema(Schema.builder()
                        .column("n", DataTypes.BIGINT())
                        .column("day", DataTypes.STRING())
                        .build())
                .property("table.replication.factor", "1");
    }
}
