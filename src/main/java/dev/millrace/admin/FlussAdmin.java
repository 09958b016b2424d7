package dev.millrace.admin;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.PartitionPath;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.metadata.DatabaseDescriptor;
import dev.millrace.metadata.DatabaseInfo;
import dev.millrace.metadata.DatabaseSummary;
import dev.millrace.metadata.KvSnapshotMetadata;
import dev.millrace.metadata.KvSnapshots;
import dev.millrace.metadata.LakeSnapshot;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.SchemaInfo;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableChange;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.metadata.TableStats;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Administration of a cluster: databases, tables, partitions, offsets, snapshots, access control, servers. Got from a connection, and usable as long as that is
 * open; there is nothing to close.
 *
 * <p>Safe for any number of threads. Every method blocks for at most {@code Config.requestTimeout()} and throws, besides
 * what it names:
 *
 * <ul>
 *   <li>{@link FlussApiException}: the cluster refused; {@code error()} tells why. AUTHORIZATION_EXCEPTION names the resource
 *       and the operation that the user has no right to;
 *   <li>{@link UnsupportedOperationException}: the server that was asked does not serve such a call;
 *   <li>{@link RpcException}: nobody could be reached, or did not answer in time. A call that changes something may have
 *       been done nevertheless: look before you repeat it;
 *   <li>{@link FlussInterruptedException}: the thread was interrupted while waiting; its flag is set again, and what was
 *       asked may be done nevertheless;
 *   <li>{@link IllegalStateException}: the connection was closed.
 * </ul>
 *
 * Calls that only read are asked a second time, of another server and with fresh metadata, when the first one fails for a
 * reason that may pass.
 */
public final class FlussAdmin {
    private final Servers servers;
    private final Databases databases;
    private final Tables tables;
    private final Partitions partitions;
    private final Buckets buckets;
    private final Snapshots snapshots;
    private final Acls acls;
    private final ClusterConfigs configs;
    private final Rebalances rebalances;
    private final ProducerOffsets producerOffsets;

    /**
     * For the connection, which owns what it passes here.
     *
     * @param rpc stays the caller's.
     * @param cluster stays the caller's.
     * @param requestTimeout the longest that a call takes.
     */
    public FlussAdmin(final RpcClient rpc, final Cluster cluster, final Duration requestTimeout) {
        servers = new Servers(rpc, cluster, requestTimeout);
        databases = new Databases(servers);
        tables = new Tables(servers, cluster);
        partitions = new Partitions(servers, cluster);
        buckets = new Buckets(servers, rpc, cluster);
        snapshots = new Snapshots(servers);
        acls = new Acls(servers);
        configs = new ClusterConfigs(servers);
        rebalances = new Rebalances(servers);
        producerOffsets = new ProducerOffsets(servers);
    }

    /**
     * Creates a database that has no comment and no properties.
     *
     * @param databaseName which database.
     * @throws FlussApiException DATABASE_ALREADY_EXIST.
     */
    public void createDatabase(final String databaseName) {
        createDatabase(databaseName, false);
    }

    /**
     * Creates a database that has no comment and no properties.
     *
     * @param databaseName which database.
     * @param ignoreIfExists true: it is no error if the database is there already, whatever it is like.
     */
    public void createDatabase(final String databaseName, final boolean ignoreIfExists) {
        createDatabase(databaseName, DatabaseDescriptor.builder().build(), ignoreIfExists);
    }

    /**
     * Creates a database.
     *
     * @param databaseName which database.
     * @param descriptor what it is to be like.
     * @param ignoreIfExists true: it is no error if the database is there already, whatever it is like.
     * @throws IllegalArgumentException the name is none that a database may have.
     * @throws FlussApiException DATABASE_ALREADY_EXIST.
     */
    public void createDatabase(
            final String databaseName, final DatabaseDescriptor descriptor, final boolean ignoreIfExists) {
        databases.create(databaseName, descriptor, ignoreIfExists);
    }

    /**
     * Drops a database that has no tables.
     *
     * @param databaseName which database.
     * @throws FlussApiException DATABASE_NOT_EXIST or DATABASE_NOT_EMPTY.
     */
    public void dropDatabase(final String databaseName) {
        dropDatabase(databaseName, false, false);
    }

    /**
     * Drops a database.
     *
     * @param databaseName which database.
     * @param ignoreIfNotExists true: it is no error if there is no such database.
     * @param cascade true: its tables are dropped with all they hold. False: having a table is an error.
     * @throws FlussApiException DATABASE_NOT_EXIST or DATABASE_NOT_EMPTY.
     */
    public void dropDatabase(final String databaseName, final boolean ignoreIfNotExists, final boolean cascade) {
        databases.drop(databaseName, ignoreIfNotExists, cascade);
    }

    /** {@return the names of all databases the user may see, in no particular order} */
    public List<String> listDatabases() {
        return databases.list();
    }

    /**
     * {@return all databases the user may see, with a few facts about each, in no particular order}
     *
     * @throws UnsupportedOperationException the cluster is older than 0.9.
     */
    public List<DatabaseSummary> listDatabaseSummaries() {
        return databases.summaries();
    }

    /**
     * {@return whether there is a database of this name}
     *
     * @param databaseName which database.
     */
    public boolean databaseExists(final String databaseName) {
        return databases.exists(databaseName);
    }

    /**
     * {@return what a database was created with, and when}
     *
     * @param databaseName which database.
     * @throws FlussApiException DATABASE_NOT_EXIST.
     */
    public DatabaseInfo getDatabaseInfo(final String databaseName) {
        return databases.info(databaseName);
    }

    /**
     * Creates a table.
     *
     * @param tablePath which table.
     * @param descriptor what it is to be like.
     * @throws FlussApiException TABLE_ALREADY_EXIST, DATABASE_NOT_EXIST, or the server does not accept the descriptor.
     */
    public void createTable(final TablePath tablePath, final TableDescriptor descriptor) {
        createTable(tablePath, descriptor, false);
    }

    /**
     * Creates a table. When this returns the table exists; its buckets may need a moment to get their leaders.
     *
     * @param tablePath which table.
     * @param descriptor what it is to be like.
     * @param ignoreIfExists true: it is no error if the table is there already, whatever it is like.
     * @throws FlussApiException TABLE_ALREADY_EXIST, DATABASE_NOT_EXIST, or the server does not accept the descriptor.
     */
    public void createTable(final TablePath tablePath, final TableDescriptor descriptor, final boolean ignoreIfExists) {
        tables.create(tablePath, descriptor, ignoreIfExists);
    }

    /**
     * Changes a table.
     *
     * @param tablePath which table.
     * @param tableChanges what is changed.
     * @throws FlussApiException as {@link #alterTable(TablePath, List, boolean)}; or TABLE_NOT_EXIST.
     */
    public void alterTable(final TablePath tablePath, final List<TableChange> tableChanges) {
        alterTable(tablePath, tableChanges, false);
    }

    /**
     * Changes a table: all that is asked for, or nothing. When this returns the metadata is changed; servers learn of it a
     * little later. Tables that were got before go on as they were.
     *
     * @param tablePath which table.
     * @param tableChanges columns to add or properties to change, not both at once. None: nothing is done.
     * @param ignoreIfNotExists true: it is no error if there is no such table.
     * @throws FlussApiException TABLE_NOT_EXIST. INVALID_ALTER_TABLE_EXCEPTION: there is a column of that name, the property
     *     cannot be changed, or both columns and properties were to be changed. INVALID_CONFIG_EXCEPTION: the property
     *     cannot have that value.
     */
    public void alterTable(
            final TablePath tablePath, final List<TableChange> tableChanges, final boolean ignoreIfNotExists) {
        tables.alter(tablePath, tableChanges, ignoreIfNotExists);
    }

    /**
     * Drops a table with all it holds.
     *
     * @param tablePath which table.
     * @throws FlussApiException TABLE_NOT_EXIST.
     */
    public void dropTable(final TablePath tablePath) {
        dropTable(tablePath, false);
    }

    /**
     * Drops a table with all it holds.
     *
     * @param tablePath which table.
     * @param ignoreIfNotExists true: it is no error if there is no such table.
     * @throws FlussApiException TABLE_NOT_EXIST.
     */
    public void dropTable(final TablePath tablePath, final boolean ignoreIfNotExists) {
        tables.drop(tablePath, ignoreIfNotExists);
    }

    /**
     * {@return what a table was created with, with the cluster's defaults filled in, and its ids}
     *
     * @param tablePath which table.
     * @throws FlussApiException TABLE_NOT_EXIST.
     */
    public TableInfo getTableInfo(final TablePath tablePath) {
        return tables.info(tablePath);
    }

    /**
     * {@return the names of the tables of a database that the user may see, in no particular order}
     *
     * @param databaseName which database.
     * @throws FlussApiException DATABASE_NOT_EXIST.
     */
    public List<String> listTables(final String databaseName) {
        return tables.list(databaseName);
    }

    /**
     * {@return whether there is such a table}
     *
     * @param tablePath which table.
     */
    public boolean tableExists(final TablePath tablePath) {
        return tables.exists(tablePath);
    }

    /**
     * {@return the latest schema of a table}
     *
     * @param tablePath which table.
     * @throws FlussApiException TABLE_NOT_EXIST.
     */
    public SchemaInfo getTableSchema(final TablePath tablePath) {
        return tables.latestSchema(tablePath);
    }

    /**
     * {@return a schema that a table has or had}
     *
     * @param tablePath which table.
     * @param schemaId counts from 1.
     * @throws FlussApiException TABLE_NOT_EXIST or SCHEMA_NOT_EXIST.
     */
    public SchemaInfo getTableSchema(final TablePath tablePath, final int schemaId) {
        return tables.schema(tablePath, schemaId);
    }

    /** {@return the live servers as the cluster lists them now: the coordinator, if there is one, and tablet servers} */
    public List<ServerNode> getServerNodes() {
        return servers.nodes();
    }

    /**
     * {@return the partitions of a table, in no particular order}
     *
     * @param tablePath which table.
     * @throws FlussApiException TABLE_NOT_EXIST, or TABLE_NOT_PARTITIONED_EXCEPTION.
     */
    public List<PartitionInfo> listPartitionInfos(final TablePath tablePath) {
        return partitions.list(tablePath, null);
    }

    /**
     * {@return those partitions of a table that have some values, in no particular order}
     *
     * @param tablePath which table.
     * @param partialSpec values for one or more of the partition columns.
     * @throws FlussApiException TABLE_NOT_EXIST, or TABLE_NOT_PARTITIONED_EXCEPTION. A column that is none of the partition
     *     columns is refused, too, but only if the table has a partition.
     */
    public List<PartitionInfo> listPartitionInfosWithSpec(final TablePath tablePath, final PartitionSpec partialSpec) {
        return partitions.list(tablePath, partialSpec);
    }

    /**
     * Creates a partition.
     *
     * @param tablePath which table.
     * @param partitionSpec a value for each partition column.
     * @throws FlussApiException PARTITION_ALREADY_EXISTS, TABLE_NOT_EXIST, TABLE_NOT_PARTITIONED_EXCEPTION,
     *     PARTITION_SPEC_INVALID_EXCEPTION: not all the columns, or others; or the table or the cluster has as many
     *     partitions as it may have.
     */
    public void createPartition(final TablePath tablePath, final PartitionSpec partitionSpec) {
        createPartition(tablePath, partitionSpec, false);
    }

    /**
     * Creates a partition. When this returns the partition exists; its buckets may need a moment to get their leaders.
     *
     * @param tablePath which table.
     * @param partitionSpec a value for each partition column.
     * @param ignoreIfExists true: it is no error if the partition is there already.
     * @throws FlussApiException as {@link #createPartition(TablePath, PartitionSpec)}.
     */
    public void createPartition(
            final TablePath tablePath, final PartitionSpec partitionSpec, final boolean ignoreIfExists) {
        partitions.create(tablePath, partitionSpec, ignoreIfExists);
    }

    /**
     * Drops a partition with all it holds.
     *
     * @param tablePath which table.
     * @param partitionSpec a value for each partition column.
     * @throws FlussApiException PARTITION_NOT_EXISTS, TABLE_NOT_EXIST, TABLE_NOT_PARTITIONED_EXCEPTION, or
     *     PARTITION_SPEC_INVALID_EXCEPTION: not all the columns, or others.
     */
    public void dropPartition(final TablePath tablePath, final PartitionSpec partitionSpec) {
        dropPartition(tablePath, partitionSpec, false);
    }

    /**
     * Drops a partition with all it holds.
     *
     * @param tablePath which table.
     * @param partitionSpec a value for each partition column.
     * @param ignoreIfNotExists true: it is no error if there is no such partition.
     * @throws FlussApiException as {@link #dropPartition(TablePath, PartitionSpec)}.
     */
    public void dropPartition(
            final TablePath tablePath, final PartitionSpec partitionSpec, final boolean ignoreIfNotExists) {
        partitions.drop(tablePath, partitionSpec, ignoreIfNotExists);
    }

    /**
     * {@return offsets of the logs of a table that has no partitions}
     *
     * @param tablePath which table.
     * @param bucketIds the buckets that are asked for; each has an offset in the answer.
     * @param offsetSpec which offset of each.
     * @throws IllegalArgumentException the table has no such bucket.
     * @throws UnsupportedOperationException the table is partitioned: use {@link #listPartitionOffsets}.
     * @throws FlussApiException TABLE_NOT_EXIST, or INVALID_TIMESTAMP_EXCEPTION for a time in the future.
     */
    public Map<Integer, Long> listOffsets(
            final TablePath tablePath, final Collection<Integer> bucketIds, final OffsetSpec offsetSpec) {
        return buckets.offsets(tablePath, bucketIds, offsetSpec);
    }

    /**
     * {@return offsets of the logs of a partition}
     *
     * @param tablePath which table.
     * @param partitionName as {@link PartitionInfo#getPartitionName()} gives it.
     * @param bucketIds the buckets that are asked for; each has an offset in the answer.
     * @param offsetSpec which offset of each.
     * @throws IllegalArgumentException the partition has no such bucket.
     * @throws FlussApiException TABLE_NOT_EXIST, PARTITION_NOT_EXISTS, or INVALID_TIMESTAMP_EXCEPTION for a time in the
     *     future.
     */
    public Map<Integer, Long> listPartitionOffsets(
            final TablePath tablePath,
            final String partitionName,
            final Collection<Integer> bucketIds,
            final OffsetSpec offsetSpec) {
        return buckets.offsets(new PartitionPath(tablePath, partitionName), bucketIds, offsetSpec);
    }

    /**
     * {@return what the leaders of a table's buckets count, all its partitions together} The buckets are not counted at one
     * moment.
     *
     * @param tablePath which table.
     * @throws FlussApiException TABLE_NOT_EXIST. INVALID_TABLE_EXCEPTION: the table has a primary key and keeps no count,
     *     because its changelog image is WAL, or it was created before 0.9. PARTITION_NOT_EXISTS: a partition was dropped
     *     while it was to be counted.
     */
    public TableStats getTableStats(final TablePath tablePath) {
        return buckets.stats(tablePath);
    }

    /**
     * {@return the latest snapshot of a table in the lake, whether it can be read already or not}
     *
     * @param tablePath which table.
     * @throws FlussApiException TABLE_NOT_EXIST. LAKE_SNAPSHOT_NOT_EXIST: there is none yet.
     */
    public LakeSnapshot getLatestLakeSnapshot(final TablePath tablePath) {
        return snapshots.latestLake(tablePath);
    }

    /**
     * {@return a snapshot of a table in the lake}
     *
     * @param tablePath which table.
     * @param snapshotId which snapshot.
     * @throws FlussApiException TABLE_NOT_EXIST. LAKE_SNAPSHOT_NOT_EXIST: the cluster knows none of that number, or not any
     *     more.
     */
    public LakeSnapshot getLakeSnapshot(final TablePath tablePath, final long snapshotId) {
        return snapshots.lake(tablePath, snapshotId);
    }

    /**
     * {@return the latest snapshot of a table in the lake that can be read; who reads it and then the log from its offsets
     * on misses nothing}
     *
     * @param tablePath which table.
     * @throws FlussApiException TABLE_NOT_EXIST. LAKE_SNAPSHOT_NOT_EXIST: there is none yet.
     */
    public LakeSnapshot getReadableLakeSnapshot(final TablePath tablePath) {
        return snapshots.readableLake(tablePath);
    }

    /**
     * {@return the latest snapshots of the buckets of a table that has a primary key and no partitions}
     *
     * @param tablePath which table.
     * @throws FlussApiException TABLE_NOT_EXIST, NON_PRIMARY_KEY_TABLE_EXCEPTION, or PARTITION_NOT_EXISTS: the table is
     *     partitioned.
     */
    public KvSnapshots getLatestKvSnapshots(final TablePath tablePath) {
        return snapshots.latestKv(tablePath, null);
    }

    /**
     * {@return the latest snapshots of the buckets of a partition of a table that has a primary key}
     *
     * @param tablePath which table.
     * @param partitionName as {@link PartitionInfo#getPartitionName()} gives it.
     * @throws FlussApiException TABLE_NOT_EXIST, NON_PRIMARY_KEY_TABLE_EXCEPTION, or TABLE_NOT_PARTITIONED_EXCEPTION. That
     *     there is no such partition comes from a 0.9.1 server as UNKNOWN_SERVER_ERROR, whose text tells it.
     */
    public KvSnapshots getLatestKvSnapshots(final TablePath tablePath, final String partitionName) {
        return snapshots.latestKv(tablePath, partitionName);
    }

    /**
     * {@return what a snapshot of a bucket is made of}
     *
     * @param bucket which bucket.
     * @param snapshotId which snapshot.
     * @throws FlussApiException KV_SNAPSHOT_NOT_EXIST: there is no such snapshot, or not any more.
     */
    public KvSnapshotMetadata getKvSnapshotMetadata(final TableBucket bucket, final long snapshotId) {
        return snapshots.kvMetadata(bucket, snapshotId);
    }

    /**
     * Makes a lease, which keeps snapshots of buckets from being deleted. Asks no server: the lease begins when it gets its
     * first snapshots.
     *
     * @param leaseId its name on the cluster; an existing one is gone on with.
     * @param leaseDuration how long it lasts without being renewed; a millisecond at least.
     * @return the lease.
     * @throws IllegalArgumentException the duration is too short.
     */
    public KvSnapshotLease createKvSnapshotLease(final String leaseId, final Duration leaseDuration) {
        return new KvSnapshotLease(servers, leaseId, leaseDuration);
    }

    /**
     * {@return the access control entries that a filter lets through, in no particular order; of these, the ones for
     * resources that the user may describe}
     *
     * @param filter which entries are meant.
     * @throws FlussApiException SECURITY_DISABLED_EXCEPTION: the cluster controls no access.
     */
    public List<AclBinding> listAcls(final AclBindingFilter filter) {
        return acls.list(filter);
    }

    /**
     * Creates access control entries. One that is there already is no error. Servers hear of them from each other: it may
     * take a moment until all of them go by them.
     *
     * @param aclBindings what is allowed to whom.
     * @throws IllegalArgumentException an entry says ANY, which is for filters.
     * @throws FlussApiException SECURITY_DISABLED_EXCEPTION: the cluster controls no access. AUTHORIZATION_EXCEPTION: the
     *     user may not ALTER all the resources; nothing was created then. Entries that failed one by one, for example
     *     because others changed the same ones, are named, one exception each, the further ones suppressed; the others
     *     were created.
     */
    public void createAcls(final Collection<AclBinding> aclBindings) {
        acls.create(aclBindings);
    }

    /**
     * Drops the access control entries that any of some filters lets through. That there are none is no error. Servers hear
     * of it from each other: it may take a moment until all of them go by it.
     *
     * @param filters which entries are meant.
     * @return what was dropped, in no particular order.
     * @throws FlussApiException as {@link #createAcls}.
     */
    public List<AclBinding> dropAcls(final Collection<AclBindingFilter> filters) {
        return acls.drop(filters);
    }

    /**
     * {@return the options of the cluster, as the coordinator has them: those it was started with, and those that were changed
     * since} What is left at its default is not among them.
     */
    public List<ConfigEntry> describeClusterConfigs() {
        return configs.describe();
    }

    /**
     * Changes options of the running cluster: all, or none. Few of them can be changed so.
     *
     * @param alterConfigs what is changed.
     * @throws FlussApiException the option is none that can be changed, or cannot have that value; a 0.9.1 server sends this
     *     as UNKNOWN_SERVER_ERROR, whose text tells more.
     */
    public void alterClusterConfigs(final Collection<AlterConfig> alterConfigs) {
        configs.alter(alterConfigs);
    }

    /**
     * Marks tablet servers: all, or none. One that has the same mark already is no error.
     *
     * @param tabletServers their ids.
     * @param serverTag which mark.
     * @throws FlussApiException SERVER_NOT_EXIST_EXCEPTION, or SEVER_TAG_ALREADY_EXIST_EXCEPTION: one has another mark.
     */
    public void addServerTag(final Collection<Integer> tabletServers, final ServerTag serverTag) {
        rebalances.addTag(tabletServers, serverTag);
    }

    /**
     * Removes the marks of tablet servers: of all, or of none. One that has no mark is no error, nor one that is not there.
     *
     * @param tabletServers their ids.
     * @param serverTag which mark.
     * @throws FlussApiException SEVER_TAG_NOT_EXIST_EXCEPTION: one has another mark.
     */
    public void removeServerTag(final Collection<Integer> tabletServers, final ServerTag serverTag) {
        rebalances.removeTag(tabletServers, serverTag);
    }

    /**
     * Begins to move buckets between tablet servers, also away from those that have a tag. Returns when the plan is made; it
     * is carried out afterwards.
     *
     * @param priorityGoals what is to be reached, the most important first.
     * @return the id of the rebalance.
     * @throws FlussApiException REBALANCE_FAILURE_EXCEPTION: another one is under way, or no plan could be made.
     */
    public String rebalance(final List<GoalType> priorityGoals) {
        return rebalances.start(priorityGoals);
    }

    /** {@return how far the current or else the last rebalance has come; empty if the coordinator remembers none} */
    public Optional<RebalanceProgress> listRebalanceProgress() {
        return rebalances.progress(null);
    }

    /**
     * {@return how far a rebalance has come; empty if the coordinator remembers none at all}
     *
     * @param rebalanceId which one, as {@link #rebalance} returned it.
     * @throws FlussApiException NO_REBALANCE_IN_PROGRESS_EXCEPTION: it is neither the current one nor the last.
     */
    public Optional<RebalanceProgress> listRebalanceProgress(final String rebalanceId) {
        return rebalances.progress(rebalanceId);
    }

    /** Ends the current rebalance. What was moved stays where it is. That there is none is no error. */
    public void cancelRebalance() {
        rebalances.cancel(null);
    }

    /**
     * Ends a rebalance. What was moved stays where it is. That it has ended already is no error.
     *
     * @param rebalanceId which one, as {@link #rebalance} returned it.
     * @throws FlussApiException NO_REBALANCE_IN_PROGRESS_EXCEPTION: it is neither the current one nor the last.
     */
    public void cancelRebalance(final String rebalanceId) {
        rebalances.cancel(rebalanceId);
    }

    /**
     * Registers offsets under the name of a producer, unless some are registered already: those stay as they are. The cluster
     * forgets them after a time of its own configuration. For programs that write exactly once and, after a failure before
     * their first checkpoint, must know where they had begun.
     *
     * @param producerId letters, digits, {@code _} and {@code -}.
     * @param offsets an offset for each bucket.
     * @return whether they are registered now, or others were before.
     * @throws FlussApiException INVALID_PRODUCER_ID_EXCEPTION.
     */
    public RegisterResult registerProducerOffsets(final String producerId, final Map<TableBucket, Long> offsets) {
        return producerOffsets.register(producerId, offsets);
    }

    /**
     * {@return the offsets that are registered under the name of a producer; empty if there are none, or not any more}
     *
     * @param producerId whose.
     * @throws FlussApiException INVALID_PRODUCER_ID_EXCEPTION.
     */
    public Optional<ProducerOffsetsResult> getProducerOffsets(final String producerId) {
        return producerOffsets.get(producerId);
    }

    /**
     * Makes the cluster forget the offsets of a producer. That there are none is no error.
     *
     * @param producerId whose.
     * @throws FlussApiException INVALID_PRODUCER_ID_EXCEPTION.
     */
    public void deleteProducerOffsets(final String producerId) {
        producerOffsets.delete(producerId);
    }
}
