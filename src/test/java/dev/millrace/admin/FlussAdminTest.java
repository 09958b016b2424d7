package dev.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.metadata.DatabaseDescriptor;
import dev.millrace.metadata.DatabaseInfo;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.SchemaInfo;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.Later;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.time.Duration;
import java.time.Instant;
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
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Our administration and the official one on the same real cluster: each sees what the other did. */
@WithCluster(tabletServers = 3)
@Timeout(60)
@SuppressWarnings("try") // the official client's close() throws Exception
class FlussAdminTest {
    private static final Schema TICKS = Schema.builder()
            .column("id", DataTypes.BIGINT().copy(false))
            .column("symbol", DataTypes.STRING(), "as the exchange spells it")
            .column("price", DataTypes.DECIMAL(12, 4))
            .column("at", DataTypes.TIMESTAMP_LTZ(3))
            .column("tags", DataTypes.ARRAY(DataTypes.MAP(DataTypes.STRING().copy(false), DataTypes.INT())))
            .build();

    private FlussConnection connection;
    private FlussAdmin admin;
    private Connection official;
    private Admin theirs;
    private String database;

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
        database = own.name();
    }

    @AfterEach
    void disconnect() throws Exception {
        connection.close();
        theirs.close();
        Later.close(official);
    }

    @Test
    void shouldCreateListDescribeAndDropDatabases() throws Exception {
        final String name = database + "_more";
        final DatabaseDescriptor descriptor = DatabaseDescriptor.builder()
                .comment("Börse \"eins\"")
                .customProperty("owner", "a\nb")
                .build();
        final Instant before = Instant.now().minusSeconds(60);
        admin.createDatabase(name, descriptor, false);
        assertThat(admin.databaseExists(name)).isTrue();
        assertThat(admin.listDatabases()).contains(name, database, "fluss");

        final DatabaseInfo info = admin.getDatabaseInfo(name);
        assertThat(info.databaseName()).isEqualTo(name);
        assertThat(info.databaseDescriptor()).isEqualTo(descriptor);
        assertThat(info.createdTime()).isBetween(before, Instant.now().plusSeconds(60));
        assertThat(theirs.getDatabaseInfo(name)
                        .get(20, TimeUnit.SECONDS)
                        .getDatabaseDescriptor()
                        .toJsonBytes())
                .isEqualTo(descriptor.toJsonBytes());

        assertThatThrownBy(() -> admin.createDatabase(name))
                .isInstanceOfSatisfying(
                        FlussApiException.class,
                        e -> assertThat(e.error()).isEqualTo(FlussError.DATABASE_ALREADY_EXIST))
                .hasMessageContaining("CREATE_DATABASE")
                .hasMessageContaining(name);
        admin.createDatabase(name, true);

        admin.createTable(TablePath.of(name, "t"), descriptor(1));
        assertThatThrownBy(() -> admin.dropDatabase(name))
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.DATABASE_NOT_EMPTY));
        admin.dropDatabase(name, false, true);
        assertThat(admin.databaseExists(name)).isFalse();
        assertThatThrownBy(() -> admin.dropDatabase(name))
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.DATABASE_NOT_EXIST));
        admin.dropDatabase(name, true, true);
        assertThatThrownBy(() -> admin.getDatabaseInfo(name))
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.DATABASE_NOT_EXIST));
        assertThatThrownBy(() -> admin.listTables(name)).isInstanceOf(FlussApiException.class);
        assertThatThrownBy(() -> admin.createDatabase("no spaces")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldSeeTheDatabasesOfTheOfficialClient() throws Exception {
        final String name = database + "_theirs";
        final org.apache.fluss.metadata.DatabaseDescriptor descriptor =
                org.apache.fluss.metadata.DatabaseDescriptor.builder()
                        .comment("theirs")
                        .customProperty("k", "v")
                        .build();
        theirs.createDatabase(name, descriptor, false).get(20, TimeUnit.SECONDS);
        assertThat(admin.listDatabases())
                .containsExactlyInAnyOrderElementsOf(theirs.listDatabases().get(20, TimeUnit.SECONDS));
        assertThat(admin.getDatabaseInfo(name).databaseDescriptor())
                .isEqualTo(DatabaseDescriptor.builder()
                        .comment("theirs")
                        .customProperty("k", "v")
                        .build());
        admin.dropDatabase(name, false, false);
        assertThat(theirs.databaseExists(name).get(20, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void shouldCreateTablesThatTheOfficialClientSeesAlike() throws Exception {
        final TablePath path = TablePath.of(database, "ticks");
        final TableDescriptor descriptor = TableDescriptor.builder()
                .schema(TICKS)
                .comment("prices")
                .distributedBy(3, "symbol")
                .logFormat(LogFormat.ARROW)
                .customProperty("team", "market data")
                .build();
        assertThat(admin.tableExists(path)).isFalse();
        admin.createTable(path, descriptor);
        assertThat(admin.tableExists(path)).isTrue();
        assertThat(admin.listTables(database)).containsExactly("ticks");

        final TableInfo ours = admin.getTableInfo(path);
        final org.apache.fluss.metadata.TableInfo seen = theirs.getTableInfo(
                        org.apache.fluss.metadata.TablePath.of(database, "ticks"))
                .get(20, TimeUnit.SECONDS);
        assertThat(ours.tableId()).isEqualTo(seen.getTableId());
        assertThat(ours.schemaId()).isEqualTo(seen.getSchemaId()).isEqualTo(1);
        assertThat(ours.schema()).isEqualTo(TICKS);
        assertThat(ours.numBuckets()).isEqualTo(seen.getNumBuckets()).isEqualTo(3);
        assertThat(ours.properties())
                .isEqualTo(seen.getProperties().toMap())
                .containsEntry("table.log.format", "ARROW");
        assertThat(ours.customProperties()).isEqualTo(Map.of("team", "market data"));
        assertThat(ours.comment()).contains("prices");
        assertThat(ours.createdTime().toEpochMilli()).isEqualTo(seen.getCreatedTime());
        assertThat(ours.modifiedTime().toEpochMilli()).isEqualTo(seen.getModifiedTime());
        assertThat(ours.descriptor().toJsonBytes())
                .isEqualTo(seen.toTableDescriptor().toJsonBytes());

        final SchemaInfo latest = admin.getTableSchema(path);
        assertThat(latest.schema()).isEqualTo(TICKS);
        assertThat(admin.getTableSchema(path, 1)).isEqualTo(latest);
        assertThatThrownBy(() -> admin.getTableSchema(path, 9))
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.SCHEMA_NOT_EXIST));

        assertThatThrownBy(() -> admin.createTable(path, descriptor))
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.TABLE_ALREADY_EXIST))
                .hasMessageContaining("ticks");
        admin.createTable(path, descriptor, true);
        admin.dropTable(path);
        assertThat(admin.tableExists(path)).isFalse();
        admin.dropTable(path, true);
        assertThatThrownBy(() -> admin.dropTable(path))
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.TABLE_NOT_EXIST));
        assertThatThrownBy(() -> admin.getTableInfo(path))
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.TABLE_NOT_EXIST));
    }

    @Test
    void shouldSeeTheTablesOfTheOfficialClient() throws Exception {
        final org.apache.fluss.metadata.TablePath theirPath =
                org.apache.fluss.metadata.TablePath.of(database, "orders");
        theirs.createTable(
                        theirPath,
                        org.apache.fluss.metadata.TableDescriptor.builder()
                                .schema(org.apache.fluss.metadata.Schema.newBuilder()
                                        .column("id", org.apache.fluss.types.DataTypes.BIGINT())
                                        .column("day", org.apache.fluss.types.DataTypes.STRING())
                                        .column("amount", org.apache.fluss.types.DataTypes.DOUBLE())
                                        .withComment("net")
                                        .primaryKey("id", "day")
                                        .build())
                                .partitionedBy("day")
                                .distributedBy(2, "id")
                                .build(),
                        false)
                .get(20, TimeUnit.SECONDS);
        final TableInfo info = admin.getTableInfo(TablePath.of(database, "orders"));
        assertThat(info.primaryKeys()).containsExactly("id", "day");
        assertThat(info.partitionKeys()).containsExactly("day");
        assertThat(info.schema().columnNames()).containsExactly("id", "day", "amount");
        assertThat(info.descriptor().toJsonBytes())
                .isEqualTo(theirs.getTableInfo(theirPath)
                        .get(20, TimeUnit.SECONDS)
                        .toTableDescriptor()
                        .toJsonBytes());
        admin.dropTable(TablePath.of(database, "orders"));
        assertThat(theirs.listTables(database).get(20, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void shouldListTheServers() throws Exception {
        final List<ServerNode> nodes = admin.getServerNodes();
        assertThat(nodes).hasSize(4);
        assertThat(nodes.getFirst().serverType()).isEqualTo(ServerType.COORDINATOR_SERVER);
        assertThat(nodes.subList(1, 4).stream().map(ServerNode::id)).containsExactly(0, 1, 2);
        assertThat(nodes.stream().map(node -> node.host() + ":" + node.port()))
                .containsExactlyInAnyOrderElementsOf(theirs.getServerNodes().get(20, TimeUnit.SECONDS).stream()
                        .map(node -> node.host() + ":" + node.port())
                        .toList());
    }

    @Test
    void shouldListOffsetsOfEveryLeader() throws Exception {
        final TablePath path = TablePath.of(database, "offsets");
        admin.createTable(path, descriptor(6));
        final List<Integer> buckets = List.of(0, 1, 2, 3, 4, 5);
        // Right after creation: some buckets have no leader yet, which is waited for.
        assertThat(admin.listOffsets(path, buckets, OffsetSpec.latest()))
                .hasSize(6)
                .allSatisfy((bucket, offset) -> assertThat(offset).isZero());

        final long before = System.currentTimeMillis();
        int written = 0;
        try (Table table = official.getTable(org.apache.fluss.metadata.TablePath.of(database, "offsets"))) {
            final AppendWriter writer = table.newAppend().createWriter();
            for (; written < 50; written++) {
                writer.append(org.apache.fluss.row.GenericRow.of((long) written));
            }
            writer.flush();
        }
        final Map<Integer, Long> latest = admin.listOffsets(path, buckets, OffsetSpec.latest());
        assertThat(latest.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(written);
        assertThat(admin.listOffsets(path, List.of(5, 1), OffsetSpec.earliest()))
                .isEqualTo(Map.of(1, 0L, 5, 0L));
        assertThat(admin.listOffsets(path, buckets, OffsetSpec.timestamp(before - 60_000)))
                .allSatisfy((bucket, offset) -> assertThat(offset).isZero());
        assertThat(admin.listOffsets(path, buckets, OffsetSpec.timestamp(System.currentTimeMillis())))
                .isEqualTo(latest);
        assertThatThrownBy(() ->
                        admin.listOffsets(path, buckets, OffsetSpec.timestamp(System.currentTimeMillis() + 3_600_000)))
                .isInstanceOfSatisfying(
                        FlussApiException.class,
                        e -> assertThat(e.error()).isEqualTo(FlussError.INVALID_TIMESTAMP_EXCEPTION))
                .hasMessageContaining("offsets");
        assertThatThrownBy(() -> admin.listOffsets(path, List.of(6), OffsetSpec.latest()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no bucket 6");
        assertThatThrownBy(() -> admin.listOffsets(TablePath.of(database, "nothing"), List.of(0), OffsetSpec.latest()))
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.TABLE_NOT_EXIST));
    }

    @Test
    void shouldSayThatTheClusterControlsNoAccess() {
        final AclBinding binding = new AclBinding(
                Resource.database(database),
                AccessControlEntry.allow(FlussPrincipal.user("alice"), OperationType.READ));
        for (final ThrowingCallable call : List.<ThrowingCallable>of(
                () -> admin.listAcls(AclBindingFilter.ANY),
                () -> admin.createAcls(List.of(binding)),
                () -> admin.dropAcls(List.of(AclBindingFilter.of(binding))))) {
            assertThatThrownBy(call)
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.SECURITY_DISABLED_EXCEPTION));
        }
    }

    private static TableDescriptor descriptor(final int buckets) {
        return TableDescriptor.builder()
                .schema(Schema.builder().column("n", DataTypes.BIGINT()).build())
                .distributedBy(buckets)
                .build();
    }
}
