package dev.millrace.admin;

import com.google.protobuf.ByteString;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.BucketOffsets;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.ClusterSnapshot;
import dev.millrace.internal.cluster.PartitionMessages;
import dev.millrace.internal.cluster.PartitionPath;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.CreateDatabaseRequest;
import dev.millrace.internal.rpc.proto.CreateDatabaseResponse;
import dev.millrace.internal.rpc.proto.CreatePartitionResponse;
import dev.millrace.internal.rpc.proto.CreateTableRequest;
import dev.millrace.internal.rpc.proto.CreateTableResponse;
import dev.millrace.internal.rpc.proto.DatabaseExistsRequest;
import dev.millrace.internal.rpc.proto.DatabaseExistsResponse;
import dev.millrace.internal.rpc.proto.DropDatabaseRequest;
import dev.millrace.internal.rpc.proto.DropDatabaseResponse;
import dev.millrace.internal.rpc.proto.DropPartitionResponse;
import dev.millrace.internal.rpc.proto.DropTableRequest;
import dev.millrace.internal.rpc.proto.DropTableResponse;
import dev.millrace.internal.rpc.proto.GetDatabaseInfoRequest;
import dev.millrace.internal.rpc.proto.GetDatabaseInfoResponse;
import dev.millrace.internal.rpc.proto.GetTableInfoRequest;
import dev.millrace.internal.rpc.proto.GetTableInfoResponse;
import dev.millrace.internal.rpc.proto.GetTableSchemaRequest;
import dev.millrace.internal.rpc.proto.GetTableSchemaResponse;
import dev.millrace.internal.rpc.proto.ListDatabasesRequest;
import dev.millrace.internal.rpc.proto.ListDatabasesResponse;
import dev.millrace.internal.rpc.proto.ListPartitionInfosResponse;
import dev.millrace.internal.rpc.proto.ListTablesRequest;
import dev.millrace.internal.rpc.proto.ListTablesResponse;
import dev.millrace.internal.rpc.proto.TableExistsRequest;
import dev.millrace.internal.rpc.proto.TableExistsResponse;
import dev.millrace.metadata.DatabaseDescriptor;
import dev.millrace.metadata.DatabaseInfo;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.SchemaInfo;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Administration of a cluster: databases, tables, partitions, offsets, servers. Got from a connection, and usable as long as that is
 * open; there is nothing to close.
 *
 * <p>Safe for any number of threads. Every method blocks for at most {@code Config.requestTimeout()} and throws, besides
 * what it names:
 *
 * <ul>
 *   <li>{@link FlussApiException}: the cluster refused; {@code error()} tells why;
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
    private final Cluster cluster;
    private final Servers servers;
    private final BucketOffsets bucketOffsets;
    private final Acls acls;

    /** For the connection, which owns what it passes here. */
    public FlussAdmin(final RpcClient rpc, final Cluster cluster, final Duration requestTimeout) {
        this.cluster = cluster;
        servers = new Servers(rpc, cluster, requestTimeout);
        bucketOffsets = new BucketOffsets(rpc, cluster);
        acls = new Acls(servers);
    }

    /**
     * Creates a database that has no comment and no properties.
     *
     * @throws FlussApiException DATABASE_ALREADY_EXIST.
     */
    public void createDatabase(final String databaseName) {
        createDatabase(databaseName, false);
    }

    /**
     * Creates a database that has no comment and no properties.
     *
     * @param ignoreIfExists true: it is no error if the database is there already, whatever it is like.
     */
    public void createDatabase(final String databaseName, final boolean ignoreIfExists) {
        createDatabase(databaseName, DatabaseDescriptor.builder().build(), ignoreIfExists);
    }

    /**
     * Creates a database.
     *
     * @param ignoreIfExists true: it is no error if the database is there already, whatever it is like.
     * @throws IllegalArgumentException the name is none that a database may have.
     * @throws FlussApiException DATABASE_ALREADY_EXIST.
     */
    public void createDatabase(
            final String databaseName, final DatabaseDescriptor descriptor, final boolean ignoreIfExists) {
        final CreateDatabaseRequest request = CreateDatabaseRequest.newBuilder()
                .setDatabaseName(TablePath.checkDatabaseName(databaseName))
                .setIgnoreIfExists(ignoreIfExists)
                .setDatabaseJson(ByteString.copyFrom(descriptor.toJsonBytes()))
                .build();
        servers.askCoordinator(Api.CREATE_DATABASE, request, CreateDatabaseResponse.parser());
    }

    /**
     * Drops a database that has no tables.
     *
     * @throws FlussApiException DATABASE_NOT_EXIST or DATABASE_NOT_EMPTY.
     */
    public void dropDatabase(final String databaseName) {
        dropDatabase(databaseName, false, false);
    }

    /**
     * Drops a database.
     *
     * @param ignoreIfNotExists true: it is no error if there is no such database.
     * @param cascade true: its tables are dropped with all they hold. False: having a table is an error.
     * @throws FlussApiException DATABASE_NOT_EXIST or DATABASE_NOT_EMPTY.
     */
    public void dropDatabase(final String databaseName, final boolean ignoreIfNotExists, final boolean cascade) {
        final DropDatabaseRequest request = DropDatabaseRequest.newBuilder()
                .setDatabaseName(databaseName)
                .setIgnoreIfNotExists(ignoreIfNotExists)
                .setCascade(cascade)
                .build();
        servers.askCoordinator(Api.DROP_DATABASE, request, DropDatabaseResponse.parser());
    }

    /** Returns the names of all databases the user may see, in no particular order. */
    public List<String> listDatabases() {
        return List.copyOf(servers.askAny(
                        Api.LIST_DATABASES, ListDatabasesRequest.getDefaultInstance(), ListDatabasesResponse.parser())
                .getDatabaseNameList());
    }

    /** Returns whether there is a database of this name. */
    public boolean databaseExists(final String databaseName) {
        final DatabaseExistsRequest request =
                DatabaseExistsRequest.newBuilder().setDatabaseName(databaseName).build();
        return servers.askAny(Api.DATABASE_EXISTS, request, DatabaseExistsResponse.parser())
                .getExists();
    }

    /**
     * Returns what a database was created with, and when.
     *
     * @throws FlussApiException DATABASE_NOT_EXIST.
     */
    public DatabaseInfo getDatabaseInfo(final String databaseName) {
        final GetDatabaseInfoRequest request = GetDatabaseInfoRequest.newBuilder()
                .setDatabaseName(databaseName)
                .build();
        final GetDatabaseInfoResponse response =
                servers.askAny(Api.GET_DATABASE_INFO, request, GetDatabaseInfoResponse.parser());
        return new DatabaseInfo(
                databaseName,
                DatabaseDescriptor.fromJsonBytes(response.getDatabaseJson().toByteArray()),
                Instant.ofEpochMilli(response.getCreatedTime()),
                Instant.ofEpochMilli(response.getModifiedTime()));
    }

    /**
     * Creates a table.
     *
     * @throws FlussApiException TABLE_ALREADY_EXIST, DATABASE_NOT_EXIST, or the server does not accept the descriptor.
     */
    public void createTable(final TablePath tablePath, final TableDescriptor descriptor) {
        createTable(tablePath, descriptor, false);
    }

    /**
     * Creates a table. When this returns the table exists; its buckets may need a moment to get their leaders.
     *
     * @param ignoreIfExists true: it is no error if the table is there already, whatever it is like.
     * @throws FlussApiException TABLE_ALREADY_EXIST, DATABASE_NOT_EXIST, or the server does not accept the descriptor.
     */
    public void createTable(final TablePath tablePath, final TableDescriptor descriptor, final boolean ignoreIfExists) {
        final CreateTableRequest request = CreateTableRequest.newBuilder()
                .setTablePath(Servers.message(tablePath))
                .setTableJson(ByteString.copyFrom(descriptor.toJsonBytes()))
                .setIgnoreIfExists(ignoreIfExists)
                .build();
        servers.askCoordinator(Api.CREATE_TABLE, request, CreateTableResponse.parser());
    }

    /**
     * Drops a table with all it holds.
     *
     * @throws FlussApiException TABLE_NOT_EXIST.
     */
    public void dropTable(final TablePath tablePath) {
        dropTable(tablePath, false);
    }

    /**
     * Drops a table with all it holds.
     *
     * @param ignoreIfNotExists true: it is no error if there is no such table.
     * @throws FlussApiException TABLE_NOT_EXIST.
     */
    public void dropTable(final TablePath tablePath, final boolean ignoreIfNotExists) {
        final DropTableRequest request = DropTableRequest.newBuilder()
                .setTablePath(Servers.message(tablePath))
                .setIgnoreIfNotExists(ignoreIfNotExists)
                .build();
        try {
            servers.askCoordinator(Api.DROP_TABLE, request, DropTableResponse.parser());
        } finally {
            cluster.invalidate(tablePath);
        }
    }

    /**
     * Returns what a table was created with, with the cluster's defaults filled in, and its ids.
     *
     * @throws FlussApiException TABLE_NOT_EXIST.
     */
    public TableInfo getTableInfo(final TablePath tablePath) {
        final GetTableInfoRequest request = GetTableInfoRequest.newBuilder()
                .setTablePath(Servers.message(tablePath))
                .build();
        final GetTableInfoResponse response =
                servers.askAny(Api.GET_TABLE_INFO, request, GetTableInfoResponse.parser());
        return new TableInfo(
                tablePath,
                response.getTableId(),
                response.getSchemaId(),
                TableDescriptor.fromJsonBytes(response.getTableJson().toByteArray()),
                Instant.ofEpochMilli(response.getCreatedTime()),
                Instant.ofEpochMilli(response.getModifiedTime()));
    }

    /**
     * Returns the names of the tables of a database that the user may see, in no particular order.
     *
     * @throws FlussApiException DATABASE_NOT_EXIST.
     */
    public List<String> listTables(final String databaseName) {
        final ListTablesRequest request =
                ListTablesRequest.newBuilder().setDatabaseName(databaseName).build();
        return List.copyOf(servers.askAny(Api.LIST_TABLES, request, ListTablesResponse.parser())
                .getTableNameList());
    }

    /** Returns whether there is such a table. */
    public boolean tableExists(final TablePath tablePath) {
        final TableExistsRequest request = TableExistsRequest.newBuilder()
                .setTablePath(Servers.message(tablePath))
                .build();
        return servers.askAny(Api.TABLE_EXISTS, request, TableExistsResponse.parser())
                .getExists();
    }

    /**
     * Returns the latest schema of a table.
     *
     * @throws FlussApiException TABLE_NOT_EXIST.
     */
    public SchemaInfo getTableSchema(final TablePath tablePath) {
        return getTableSchema(GetTableSchemaRequest.newBuilder().setTablePath(Servers.message(tablePath)));
    }

    /**
     * Returns a schema that a table has or had.
     *
     * @param schemaId counts from 1.
     * @throws FlussApiException TABLE_NOT_EXIST or SCHEMA_NOT_EXIST.
     */
    public SchemaInfo getTableSchema(final TablePath tablePath, final int schemaId) {
        return getTableSchema(GetTableSchemaRequest.newBuilder()
                .setTablePath(Servers.message(tablePath))
                .setSchemaId(schemaId));
    }

    /** Returns the live servers as the cluster lists them now: the coordinator, if there is one, and tablet servers. */
    public List<ServerNode> getServerNodes() {
        final ClusterSnapshot snapshot = cluster.refresh(List.of(), servers.deadlineNs());
        final List<ServerNode> nodes = new ArrayList<>();
        if (snapshot.coordinator() != null) {
            nodes.add(snapshot.coordinator());
        }
        snapshot.tabletServers().values().stream()
                .sorted(Comparator.comparingInt(ServerNode::id))
                .forEach(nodes::add);
        return List.copyOf(nodes);
    }

    /**
     * Returns the partitions of a table, in no particular order.
     *
     * @throws FlussApiException TABLE_NOT_EXIST, or TABLE_NOT_PARTITIONED_EXCEPTION.
     */
    public List<PartitionInfo> listPartitionInfos(final TablePath tablePath) {
        return listPartitionInfos(tablePath, null);
    }

    /**
     * Returns those partitions of a table that have some values, in no particular order.
     *
     * @param partialSpec values for one or more of the partition columns.
     * @throws FlussApiException TABLE_NOT_EXIST, or TABLE_NOT_PARTITIONED_EXCEPTION. A column that is none of the partition
     *     columns is refused, too, but only if the table has a partition.
     */
    public List<PartitionInfo> listPartitionInfosWithSpec(final TablePath tablePath, final PartitionSpec partialSpec) {
        return listPartitionInfos(tablePath, partialSpec);
    }

    /**
     * Creates a partition.
     *
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
     * @param partitionSpec a value for each partition column.
     * @param ignoreIfExists true: it is no error if the partition is there already.
     * @throws FlussApiException as {@link #createPartition(TablePath, PartitionSpec)}.
     */
    public void createPartition(
            final TablePath tablePath, final PartitionSpec partitionSpec, final boolean ignoreIfExists) {
        servers.askCoordinator(
                Api.CREATE_PARTITION,
                PartitionMessages.create(tablePath, partitionSpec, ignoreIfExists),
                CreatePartitionResponse.parser());
    }

    /**
     * Drops a partition with all it holds.
     *
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
     * @param partitionSpec a value for each partition column.
     * @param ignoreIfNotExists true: it is no error if there is no such partition.
     * @throws FlussApiException as {@link #dropPartition(TablePath, PartitionSpec)}.
     */
    public void dropPartition(
            final TablePath tablePath, final PartitionSpec partitionSpec, final boolean ignoreIfNotExists) {
        try {
            servers.askCoordinator(
                    Api.DROP_PARTITION,
                    PartitionMessages.drop(tablePath, partitionSpec, ignoreIfNotExists),
                    DropPartitionResponse.parser());
        } finally {
            cluster.invalidate(tablePath);
        }
    }

    /**
     * Returns offsets of the logs of a table that has no partitions.
     *
     * @param bucketIds the buckets that are asked for; each has an offset in the answer.
     * @throws IllegalArgumentException the table has no such bucket.
     * @throws UnsupportedOperationException the table is partitioned: use {@link #listPartitionOffsets}.
     * @throws FlussApiException TABLE_NOT_EXIST, or INVALID_TIMESTAMP_EXCEPTION for a time in the future.
     */
    public Map<Integer, Long> listOffsets(
            final TablePath tablePath, final Collection<Integer> bucketIds, final OffsetSpec offsetSpec) {
        return offsets(tablePath, bucketIds, offsetSpec);
    }

    /**
     * Returns offsets of the logs of a partition.
     *
     * @param partitionName as {@link PartitionInfo#getPartitionName()} gives it.
     * @param bucketIds the buckets that are asked for; each has an offset in the answer.
     * @throws IllegalArgumentException the partition has no such bucket.
     * @throws FlussApiException TABLE_NOT_EXIST, PARTITION_NOT_EXISTS, or INVALID_TIMESTAMP_EXCEPTION for a time in the
     *     future.
     */
    public Map<Integer, Long> listPartitionOffsets(
            final TablePath tablePath,
            final String partitionName,
            final Collection<Integer> bucketIds,
            final OffsetSpec offsetSpec) {
        return offsets(new PartitionPath(tablePath, partitionName), bucketIds, offsetSpec);
    }

    /**
     * Returns the access control entries that a filter lets through, in no particular order; of these, the ones for
     * resources that the user may describe.
     *
     * @throws FlussApiException SECURITY_DISABLED_EXCEPTION: the cluster controls no access.
     */
    public List<AclBinding> listAcls(final AclBindingFilter filter) {
        return acls.list(filter);
    }

    /**
     * Creates access control entries. One that is there already is no error. Servers hear of them from each other: it may
     * take a moment until all of them go by them.
     *
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
     * @return what was dropped, in no particular order.
     * @throws FlussApiException as {@link #createAcls}.
     */
    public List<AclBinding> dropAcls(final Collection<AclBindingFilter> filters) {
        return acls.drop(filters);
    }

    private Map<Integer, Long> offsets(
            final Record place, final Collection<Integer> bucketIds, final OffsetSpec offsetSpec) {
        final long deadlineNs = servers.deadlineNs();
        return switch (offsetSpec) {
            case OffsetSpec.Earliest earliest ->
                bucketOffsets.list(place, bucketIds, BucketOffsets.EARLIEST, 0, deadlineNs);
            case OffsetSpec.Latest latest -> bucketOffsets.list(place, bucketIds, BucketOffsets.LATEST, 0, deadlineNs);
            case OffsetSpec.Timestamp timestamp ->
                bucketOffsets.list(place, bucketIds, BucketOffsets.AT_TIMESTAMP, timestamp.epochMillis(), deadlineNs);
        };
    }

    private List<PartitionInfo> listPartitionInfos(final TablePath tablePath, final @Nullable PartitionSpec spec) {
        return PartitionMessages.read(servers.askAny(
                Api.LIST_PARTITION_INFOS,
                PartitionMessages.list(tablePath, spec),
                ListPartitionInfosResponse.parser()));
    }

    private SchemaInfo getTableSchema(final GetTableSchemaRequest.Builder request) {
        final GetTableSchemaResponse response =
                servers.askAny(Api.GET_TABLE_SCHEMA, request.build(), GetTableSchemaResponse.parser());
        return new SchemaInfo(Schema.fromJsonBytes(response.getSchemaJson().toByteArray()), response.getSchemaId());
    }
}
