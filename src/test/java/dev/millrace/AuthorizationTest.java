package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.admin.AccessControlEntry;
import dev.millrace.admin.AclBinding;
import dev.millrace.admin.AclBindingFilter;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.admin.FlussPrincipal;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.admin.OperationType;
import dev.millrace.admin.Resource;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.lookup.Lookuper;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LimitBatchScanner;
import dev.millrace.scan.LogScanner;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.Secured;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a user without rights is told, and what rights change. */
@WithCluster(
        options = {
            Secured.LISTENERS,
            Secured.MECHANISMS,
            Secured.USERS_AND_OPTION,
            Secured.AUTHORIZER,
            Secured.SUPER_USERS
        })
@Timeout(60)
class AuthorizationTest {
    private static final Duration AT_ONCE = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final FlussPrincipal GUEST = FlussPrincipal.user(Secured.GUEST);

    private final FlussCluster cluster;
    private final Database database;
    private FlussConnection root;
    private FlussConnection guest;

    AuthorizationTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @BeforeEach
    void connect() {
        root = connect(Secured.config(cluster, Secured.ROOT, Secured.ROOT_PASSWORD));
        guest = connect(Secured.config(cluster, Secured.GUEST, Secured.GUEST_PASSWORD));
    }

    @AfterEach
    void close() {
        guest.close();
        root.getAdmin().dropAcls(List.of(AclBindingFilter.ANY));
        root.close();
    }

    @Test
    void shouldNameResourceAndOperationToAdministrators() {
        final FlussAdmin admin = guest.getAdmin();
        final TablePath path = create("admin_log", false);
        final String table = database.name() + ".admin_log";

        assertRefused("CREATE", "cluster", () -> admin.createDatabase("guests"));
        assertRefused("DROP", database.name(), () -> admin.dropDatabase(database.name(), false, true));
        assertRefused("DESCRIBE", database.name(), () -> admin.getDatabaseInfo(database.name()));
        assertRefused(
                "CREATE",
                database.name(),
                () -> admin.createTable(TablePath.of(database.name(), "mine"), descriptor(false)));
        assertRefused("DROP", table, () -> admin.dropTable(path));
        assertRefused("DESCRIBE", table, () -> admin.getTableInfo(path));
        assertRefused("DESCRIBE", table, () -> admin.getTableSchema(path));
        assertRefused("DESCRIBE", table, () -> guest.getTable(path));
        assertRefused("DESCRIBE", table, () -> admin.listOffsets(path, List.of(0), OffsetSpec.latest()));
        assertRefused(
                "ALTER",
                database.name(),
                () -> admin.createAcls(List.of(
                        new AclBinding(Resource.table(path), AccessControlEntry.allow(GUEST, OperationType.ALL)))));
        assertThat(admin.listTables(database.name())).isEmpty();
        assertThat(admin.tableExists(path)).isTrue();
    }

    @Test
    void shouldAllowWhatIsGrantedAndRefuseWhatIsTakenBack() {
        final TablePath logPath = create("granted_log", false);
        final TablePath keyedPath = create("granted_keys", true);
        for (final TablePath path : List.of(logPath, keyedPath)) {
            grant(path, OperationType.DESCRIBE);
        }
        eventually(() -> guest.getTable(logPath));
        eventually(() -> guest.getTable(keyedPath));
        final FlussTable log = guest.getTable(logPath);
        final FlussTable keyed = guest.getTable(keyedPath);
        assertAllRefused(logPath, log, keyedPath, keyed);

        for (final TablePath path : List.of(logPath, keyedPath)) {
            grant(path, OperationType.READ);
            grant(path, OperationType.WRITE);
        }
        eventually(() -> append(log));
        eventually(() -> upsert(keyed));
        eventually(() -> scan(log));
        eventually(() -> lookUp(keyed));
        scanLast(log);

        root.getAdmin().dropAcls(List.of(AclBindingFilter.ANY));
        for (final TablePath path : List.of(logPath, keyedPath)) {
            grant(path, OperationType.DESCRIBE);
        }
        eventuallyRefused(() -> append(log));
        eventuallyRefused(() -> upsert(keyed));
        eventuallyRefused(() -> scan(log));
        eventuallyRefused(() -> lookUp(keyed));
        assertAllRefused(logPath, log, keyedPath, keyed);
    }

    private void assertAllRefused(
            final TablePath logPath, final FlussTable log, final TablePath keyedPath, final FlussTable keyed) {
        final String logName = logPath.table();
        final String keyedName = keyedPath.table();
        assertRefused("WRITE", logName, () -> append(log));
        assertRefused("WRITE", keyedName, () -> upsert(keyed));
        assertRefused("READ", logName, () -> scan(log));
        assertRefused("READ", logName, () -> scanLast(log));
        assertRefused("READ", keyedName, () -> lookUp(keyed));
        try (FlussConnection simple = connect(
                Secured.config(cluster, Secured.GUEST, Secured.GUEST_PASSWORD).writerEnableIdempotence(false))) {
            final FlussTable table = simple.getTable(logPath);
            assertRefused("WRITE", logName, () -> append(table));
        }
    }

    /** Servers leave out of their metadata what a user may not see, as if it were not there. */
    @Test
    void shouldTellARefusalFromAMissingTableWhenItsBucketsAreLookedFor() {
        final TablePath logPath = create("hidden_log", false);
        final TablePath keyedPath = create("hidden_keys", true);
        grant(logPath, OperationType.DESCRIBE);
        grant(keyedPath, OperationType.DESCRIBE);
        eventually(() -> guest.getTable(logPath));
        eventually(() -> guest.getTable(keyedPath));
        final FlussTable log = guest.getTable(logPath);
        final FlussTable keyed = guest.getTable(keyedPath);
        root.getAdmin().dropAcls(List.of(AclBindingFilter.ANY));
        eventuallyRefused(() -> guest.getTable(logPath));
        eventuallyRefused(() -> guest.getTable(keyedPath));

        assertRefused("DESCRIBE", logPath.table(), () -> append(log));
        assertRefused("DESCRIBE", logPath.table(), () -> scan(log));
        assertRefused("DESCRIBE", logPath.table(), () -> scanLast(log));
        assertRefused("DESCRIBE", keyedPath.table(), () -> lookUp(keyed));
    }

    @Test
    void shouldNameThePartitionAndTheBucket() {
        final TablePath path = TablePath.of(database.name(), "parts");
        root.getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(Schema.builder()
                                        .column("venue", DataTypes.STRING())
                                        .column("n", DataTypes.BIGINT())
                                        .primaryKey("venue", "n")
                                        .build())
                                .partitionedBy("venue")
                                .distributedBy(1, List.of("n"))
                                .build());
        root.getAdmin().createPartition(path, PartitionSpec.of(Map.of("venue", "north")));
        grant(path, OperationType.DESCRIBE);
        eventually(() -> guest.getTable(path));
        final FlussTable table = guest.getTable(path);
        final long partition =
                guest.getAdmin().listPartitionInfos(path).getFirst().getPartitionId();

        assertRefused("partition north of " + path + ".*ts-0", () -> {
            try (UpsertWriter writer = table.newUpsert().createWriter()) {
                writer.upsert(GenericRow.fromData("north", 1L)).await();
            }
        });
        assertRefused("bucket 0 of partition north of " + path, () -> {
            try (UpsertWriter writer = table.newUpsert().createWriter()) {
                writer.upsert(GenericRow.fromData("north", 1L)).await();
            }
        });
        assertRefused(
                path + ".*partition north, bucket 0: .*ts-0",
                () -> table.newLookup().createLookuper().lookup(GenericRow.fromData("north", 1L)));
        assertRefused("table " + path + ", partition " + partition + ", bucket 0, .*tablet server 0", () -> {
            try (LogScanner scanner = table.newScan().createLogScanner()) {
                scanner.subscribePartition(partition, 0, LogScanner.EARLIEST_OFFSET);
                scanner.poll(AT_ONCE).close();
            }
        });
        assertRefused("table " + path + ".*" + partition + ".*bucket 0.*ts-0", () -> {
            try (LimitBatchScanner scanner = table.newScan()
                    .limit(1)
                    .createBucketBatchScanner(
                            TableBucket.of(table.getTableInfo().tableId(), partition, 0))) {
                scanner.nextBatch();
            }
        });
        assertRefused(
                "CREATE_PARTITION for partition venue=south of table " + path + " on cs-0.*WRITE",
                () -> guest.getAdmin().createPartition(path, PartitionSpec.of(Map.of("venue", "south"))));
        assertRefused("south.*WRITE", () -> {
            try (UpsertWriter writer = table.newUpsert().createWriter()) {
                writer.upsert(GenericRow.fromData("south", 1L)).await();
            }
        });
    }

    private static void assertRefused(final String text, final ThrowingCallable call) {
        assertThat(catchThrowable(call))
                .isInstanceOfSatisfying(
                        FlussApiException.class,
                        refusal -> assertThat(refusal.error()).isEqualTo(FlussError.AUTHORIZATION_EXCEPTION))
                .hasMessageFindingMatch(text);
    }

    private static void append(final FlussTable table) {
        try (AppendWriter writer = table.newAppend().createWriter()) {
            writer.append(GenericRow.fromData(1L, "one")).await();
        }
    }

    private static void upsert(final FlussTable table) {
        try (UpsertWriter writer = table.newUpsert().createWriter()) {
            writer.upsert(GenericRow.fromData(1L, "one")).await();
        }
    }

    private static void scan(final FlussTable table) {
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            scanner.poll(AT_ONCE).close();
        }
    }

    private static void scanLast(final FlussTable table) {
        final TableBucket bucket = TableBucket.of(table.getTableInfo().tableId(), 0);
        try (LimitBatchScanner scanner = table.newScan().limit(1).createBucketBatchScanner(bucket)) {
            scanner.collectAllBatches().forEach(batch -> batch.close());
        }
    }

    private static void lookUp(final FlussTable table) {
        final Lookuper lookuper = table.newLookup().createLookuper();
        lookuper.lookup(GenericRow.fromData(1L));
    }

    private static void assertRefused(final String operation, final String resource, final ThrowingCallable call) {
        final long startNs = System.nanoTime();
        final FlussApiException refusal = catchThrowableOfType(FlussApiException.class, call);
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(AT_ONCE);
        assertThat(refusal).isNotNull();
        assertThat(refusal.error()).isEqualTo(FlussError.AUTHORIZATION_EXCEPTION);
        assertThat(refusal.isRetriable()).isFalse();
        assertThat(refusal)
                .hasMessageContaining(operation)
                .hasMessageContaining(resource)
                .hasMessageFindingMatch("ts-0|cs-0|tablet server 0");
    }

    /** Repeats a call until it is allowed: rights reach a server a moment after the coordinator. */
    private static void eventually(final ThrowingCallable call) {
        final long deadlineNs = System.nanoTime() + SOON.toNanos();
        for (Throwable refusal = catchThrowable(call); refusal != null; refusal = catchThrowable(call)) {
            assertThat(refusal)
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.AUTHORIZATION_EXCEPTION));
            assertThat(System.nanoTime() - deadlineNs).as("still refused").isNegative();
        }
    }

    private static void eventuallyRefused(final ThrowingCallable call) {
        final long deadlineNs = System.nanoTime() + SOON.toNanos();
        while (catchThrowable(call) == null) {
            assertThat(System.nanoTime() - deadlineNs).as("still allowed").isNegative();
        }
    }

    private void grant(final TablePath path, final OperationType operation) {
        root.getAdmin()
                .createAcls(List.of(new AclBinding(Resource.table(path), AccessControlEntry.allow(GUEST, operation))));
    }

    private TablePath create(final String name, final boolean hasKey) {
        final TablePath path = TablePath.of(database.name(), name);
        root.getAdmin().createTable(path, descriptor(hasKey));
        return path;
    }

    private static TableDescriptor descriptor(final boolean hasKey) {
        final Schema.Builder schema =
                Schema.builder().column("n", DataTypes.BIGINT()).column("text", DataTypes.STRING());
        return TableDescriptor.builder()
                .schema((hasKey ? schema.primaryKey("n") : schema).build())
                .distributedBy(1)
                .build();
    }

    private static FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(config.build());
    }
}
