package dev.millrace.lookup;

import static dev.millrace.lookup.LookupTable.key;
import static dev.millrace.lookup.LookupTable.text;
import static dev.millrace.lookup.LookupTable.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which tables allow which lookups, and tables that change. */
@WithCluster
@Timeout(60)
@SuppressWarnings("try") // the official client's close() throws Exception
class LookupTableKindsTest {
    private static OfficialConnection official;
    private static FlussConnection connection;

    private final String bootstrapServers;
    private final String database;

    LookupTableKindsTest(final FlussCluster cluster, final Database database) {
        this.bootstrapServers = cluster.bootstrapServers();
        this.database = database.name();
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialConnection(cluster.bootstrapServers());
        connection = FlussConnection.connect(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build());
    }

    @AfterAll
    static void disconnect() {
        connection.close();
        official.close();
    }

    private FlussTable create(
            final String name, final Schema schema, final UnaryOperator<TableDescriptor.Builder> more) {
        return LookupTable.create(connection, TablePath.of(database, name), schema, more);
    }

    // ---- schemas -------------------------------------------------------------------------------------------------

    @Test
    void shouldReadRowsOfEarlierAndLaterSchemas() throws Exception {
        final FlussTable before =
                create("evolving", LookupTable.orders().build(), table -> table.distributedBy(1, "customer"));
        final TablePath path = before.tablePath();
        LookupTable.upsert(official, path, List.of(List.of("c", 1L, "one"), List.of("c", 2L, "two")));
        official.addColumn(path, "later", org.apache.fluss.types.DataTypes.BIGINT());
        try (OfficialConnection fresh = new OfficialConnection(bootstrapServers)) {
            LookupTable.upsert(fresh, path, List.of(List.of("c", 2L, "two anew", 22L), List.of("c", 3L, "three", 33L)));
        }
        final FlussTable after = connection.getTable(path);
        final Lookuper old = before.newLookup().createLookuper();
        final Lookuper current = after.newLookup().createLookuper();
        assertThat(text(current.lookup(key("c", 1L)))).isEqualTo("(c, 1, one, null)");
        assertThat(text(current.lookup(key("c", 3L)))).isEqualTo("(c, 3, three, 33)");
        assertThat(text(old.lookup(key("c", 1L)))).isEqualTo("(c, 1, one)");
        assertThat(text(old.lookup(key("c", 3L)))).isEqualTo("(c, 3, three)");

        final LookupResult all =
                after.newLookup().lookupBy("customer").createLookuper().lookup(key("c"));
        assertThat(texts(all)).containsExactly("(c, 1, one, null)", "(c, 2, two anew, 22)", "(c, 3, three, 33)");
        assertThat(texts(
                        before.newLookup().lookupBy("customer").createLookuper().lookup(key("c"))))
                .containsExactly("(c, 1, one)", "(c, 2, two anew)", "(c, 3, three)");
        try (var root = all.toRecordBatch()) {
            assertThat(root.getVector("later").getObject(0)).isNull();
            assertThat(root.getVector("later").getObject(1)).isEqualTo(22L);
        }
        final LookupResult again = current.newResult();
        for (int i = 0; i < 3; i++) {
            assertThat(text(current.lookup(key("c", 1L), again))).isEqualTo("(c, 1, one, null)");
            assertThat(text(current.lookup(key("c", 3L), again))).isEqualTo("(c, 3, three, 33)");
        }
    }

    // ---- prefixes ------------------------------------------------------------------------------------------------

    @Test
    void shouldFindAPrefixInItsPartition() throws Exception {
        final Schema schema = Schema.builder()
                .column("a", DataTypes.INT().copy(false))
                .column("day", DataTypes.STRING().copy(false))
                .column("b", DataTypes.STRING().copy(false))
                .column("c", DataTypes.BIGINT().copy(false))
                .primaryKey("a", "day", "b", "c")
                .build();
        final FlussTable table = create(
                "partitioned_prefix",
                schema,
                builder -> builder.partitionedBy("day").distributedBy(3, "a", "b"));
        official.createPartition(table.tablePath(), Map.of("day", "d1"));
        official.createPartition(table.tablePath(), Map.of("day", "d2"));
        final List<List<Object>> rows = new ArrayList<>();
        for (long c = 0; c < 4; c++) {
            for (int a = 0; a < 3; a++) {
                rows.add(List.of(a, "d1", "b" + a, c));
                rows.add(List.of(a, "d2", "b", c + 10));
            }
        }
        LookupTable.upsert(official, table.tablePath(), rows);
        final Lookuper last = table.newLookup().lookupBy("a", "b", "day").createLookuper();
        assertThat(texts(last.lookup(key(2, "b2", "d1"))))
                .containsExactly("(2, d1, b2, 0)", "(2, d1, b2, 1)", "(2, d1, b2, 2)", "(2, d1, b2, 3)");
        assertThat(last.lookup(key(2, "b2", "d2")).getRows()).isEmpty();
        assertThat(last.lookup(key(2, "b2", "d3")).getRows())
                .as("no such partition")
                .isEmpty();
        final Lookuper first = table.newLookup().lookupBy("day", "a", "b").createLookuper();
        assertThat(first.lookupAll(
                        List.of(key("d2", 1, "b"), key("d1", 1, "b"), key("d9", 1, "b"), key("d1", 0, "b0"))))
                .extracting(LookupResult::rowCount)
                .containsExactly(4, 0, 0, 4);
        assertThatThrownBy(() -> table.newLookup().lookupBy("a", "b").createLookuper())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("by its bucket key [a, b] in that order and all its partition columns [day]");
        assertThatThrownBy(() -> table.newLookup().lookupBy("b", "a", "day").createLookuper())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not by [b, a, day]");
    }

    @Test
    void shouldSayWhyATableHasNoLookupsByAPrefix() {
        final Schema schema = LookupTable.orders().build();
        final FlussTable whole = create("whole_key", schema, table -> table.distributedBy(1));
        assertThatThrownBy(() -> whole.newLookup().lookupBy("customer").createLookuper())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("[customer, number] is the whole primary key");
        final FlussTable second = create("second_column", schema, table -> table.distributedBy(1, "number"));
        assertThatThrownBy(() -> second.newLookup().lookupBy("number").createLookuper())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("[number] is not the beginning of its primary key [customer, number]");
        final FlussTable right = create("right", schema, table -> table.distributedBy(1, "customer"));
        assertThatThrownBy(
                        () -> right.newLookup().lookupBy("customer", "number").createLookuper())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("by its bucket key [customer] in that order, not by [customer, number]");
        assertThatThrownBy(
                        () -> right.newLookup().lookupBy("customer", "customer").createLookuper())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> right.newLookup().lookupBy()).isInstanceOf(IllegalArgumentException.class);
        final FlussTable lake = create(
                "lake",
                schema,
                table -> table.distributedBy(1, "customer").property("table.datalake.format", "paimon"));
        assertThat(lake.getTableInfo().kvFormatVersion()).isEqualTo(2);
        assertThat(lake.newLookup().lookupBy("customer").createLookuper()).isNotNull();
    }

    @Test
    void shouldRefusePrefixesOfKeysInTheFirstLayoutOfALake() {
        final Schema schema = LookupTable.orders().build();
        final var info = new dev.millrace.metadata.TableInfo(
                TablePath.of("market", "orders"),
                1,
                1,
                TableDescriptor.builder()
                        .schema(schema)
                        .distributedBy(1, "customer")
                        .property("table.datalake.format", "paimon")
                        .property("table.kv.format-version", "1")
                        .build(),
                java.time.Instant.EPOCH,
                java.time.Instant.EPOCH);
        assertThatThrownBy(() -> new PrefixRules(info, List.of("customer")).check())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("lake format PAIMON (table.kv.format-version 1)");
    }

    // ---- inserts -------------------------------------------------------------------------------------------------

    @Test
    void shouldInsertWhatIsNotThere() throws Exception {
        final FlussTable table = create("inserts", LookupTable.orders().build(), builder -> builder.distributedBy(3));
        LookupTable.upsert(official, table.tablePath(), List.of(List.of("c", 1L, "one")));
        final Lookuper inserting = table.newLookup().enableInsertIfNotExists().createLookuper();
        final Lookuper plain = table.newLookup().createLookuper();
        assertThat(text(inserting.lookup(key("c", 1L)))).isEqualTo("(c, 1, one)");
        assertThat(text(plain.lookup(key("c", 2L)))).isEmpty();
        assertThat(text(inserting.lookup(key("c", 2L)))).isEqualTo("(c, 2, null)");
        assertThat(text(plain.lookup(key("c", 2L)))).isEqualTo("(c, 2, null)");
        assertThat(inserting.lookupAll(
                        LongStream.range(0, 50).mapToObj(n -> key("c", n)).toList()))
                .extracting(LookupTable::text)
                .startsWith("(c, 0, null)", "(c, 1, one)", "(c, 2, null)")
                .endsWith("(c, 49, null)");
        assertThat(text(plain.lookup(key("c", 49L)))).isEqualTo("(c, 49, null)");
    }

    @Test
    void shouldCountInInsertedRows() {
        final FlussTable table = create(
                "counting",
                Schema.builder()
                        .column("name", DataTypes.STRING().copy(false))
                        .column("id", DataTypes.BIGINT())
                        .primaryKey("name")
                        .autoIncrement("id")
                        .build(),
                builder -> builder.distributedBy(1));
        final Lookuper lookuper = table.newLookup().enableInsertIfNotExists().createLookuper();
        final List<Long> ids = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            final String name = "name " + i;
            ids.add(lookuper.lookup(key(name)).getSingleRow().orElseThrow().getLong(1));
        }
        assertThat(new HashSet<>(ids)).hasSize(20);
        for (int i = 0; i < 20; i++) {
            final String name = "name " + i;
            assertThat(lookuper.lookup(key(name)).getSingleRow().orElseThrow().getLong(1))
                    .isEqualTo(ids.get(i));
        }
    }

    @Test
    void shouldSayWhyATableIsNotInsertedInto() {
        final FlussTable full = create(
                "not_null",
                Schema.builder()
                        .column("n", DataTypes.INT().copy(false))
                        .column("must", DataTypes.INT().copy(false))
                        .primaryKey("n")
                        .build(),
                builder -> builder.distributedBy(1));
        assertThatThrownBy(() -> full.newLookup().enableInsertIfNotExists().createLookuper())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("columns [must] are NOT NULL");
        final FlussTable prefix =
                create("prefix_insert", LookupTable.orders().build(), builder -> builder.distributedBy(1, "customer"));
        assertThatThrownBy(() -> prefix.newLookup()
                        .lookupBy("customer")
                        .enableInsertIfNotExists()
                        .createLookuper())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("a prefix is not a key");
    }

    @Test
    void shouldNotLetAServerMakeRowsOfPartitionedTables() {
        final FlussTable table = create(
                "partitioned_insert",
                Schema.builder()
                        .column("n", DataTypes.INT().copy(false))
                        .column("day", DataTypes.STRING().copy(false))
                        .column("text", DataTypes.STRING())
                        .primaryKey("n", "day")
                        .build(),
                builder -> builder.partitionedBy("day").distributedBy(1));
        assertThatThrownBy(() -> table.newLookup().enableInsertIfNotExists().createLookuper())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("cannot make a row of a partitioned table");
    }
}
