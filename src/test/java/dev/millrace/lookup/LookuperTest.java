package dev.millrace.lookup;

import static dev.millrace.lookup.LookupTable.key;
import static dev.millrace.lookup.LookupTable.text;
import static dev.millrace.lookup.LookupTable.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.RowConversionException;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.KvFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.InternalRow;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.PinningRecorder;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lookups by whole keys over three servers: rows that the official client has written. */
@WithCluster(tabletServers = 3)
@ExtendWith(PinningRecorder.class)
@Timeout(60)
class LookuperTest {
    private static OfficialConnection official;
    private static FlussConnection connection;

    private final String bootstrapServers;
    private final String database;

    LookuperTest(final FlussCluster cluster, final Database database) {
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

    private TablePath path(final String name) {
        return TablePath.of(database, name);
    }

    private FlussTable orders(final String name, final int buckets) {
        return create(name, LookupTable.orders().build(), table -> table.distributedBy(buckets));
    }

    private FlussTable create(
            final String name, final Schema schema, final UnaryOperator<TableDescriptor.Builder> more) {
        return LookupTable.create(connection, path(name), schema, more);
    }

    private static List<List<Object>> orders(final long from, final long to) {
        return LongStream.range(from, to)
                .mapToObj(n -> List.<Object>of("c" + n % 7, n, "text " + n))
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindRowsAndMissOthers(final KvFormat format) throws Exception {
        final FlussTable table = create(
                "found_" + format,
                LookupTable.orders().build(),
                builder -> builder.distributedBy(3).kvFormat(format));
        LookupTable.upsert(official, table.tablePath(), orders(0, 100));
        LookupTable.delete(official, table.tablePath(), orders(50, 60));
        LookupTable.upsert(official, table.tablePath(), List.of(List.of("c0", 7L, "another")));
        final Lookuper lookuper = table.newLookup().createLookuper();

        assertThat(text(lookuper.lookup(key("c3", 10L)))).isEqualTo("(c3, 10, text 10)");
        assertThat(text(lookuper.lookup(key("c0", 7L)))).isEqualTo("(c0, 7, another)");
        assertThat(text(lookuper.lookup(key("c1", 50L)))).as("deleted").isEmpty();
        final LookupResult missing = lookuper.lookup(key("c1", 51L));
        assertThat(missing.rowCount()).isZero();
        assertThat(missing.getRows()).isEmpty();
        assertThat(missing.getSingleRow()).isEmpty();
        assertThat(text(lookuper.lookup(key("", -1L)))).as("never written").isEmpty();
    }

    @Test
    void shouldAnswerManyKeysInTheOrderAsked() throws Exception {
        final FlussTable table = orders("all", 7);
        LookupTable.upsert(official, table.tablePath(), orders(0, 1_000));
        final Lookuper lookuper = table.newLookup().createLookuper();
        final List<InternalRow> keys = new ArrayList<>();
        final List<String> expected = new ArrayList<>();
        for (long n = 1_099; n >= 0; n--) {
            keys.add(key("c" + n % 7, n));
            expected.add(n < 1_000 ? "(c" + n % 7 + ", " + n + ", text " + n + ")" : "");
            if (n % 10 == 0) {
                keys.add(key("c3", 10L));
                expected.add("(c3, 10, text 10)");
            }
        }
        assertThat(lookuper.lookupAll(keys)).extracting(LookupTable::text).isEqualTo(expected);
        assertThat(lookuper.lookupAll(List.of())).isEmpty();
    }

    @Test
    void shouldFillAResultAgainAndAgain() throws Exception {
        final FlussTable table = orders("again", 3);
        LookupTable.upsert(official, table.tablePath(), orders(0, 20));
        LookupTable.upsert(official, table.tablePath(), List.of(List.of("c9", 9L, "long ".repeat(1_000))));
        final Lookuper lookuper = table.newLookup().createLookuper();
        final LookupResult result = lookuper.newResult();
        final InternalRow row =
                lookuper.lookup(key("c0", 0L), result).getSingleRow().orElseThrow();
        assertThat(row).hasToString("(c0, 0, text 0)");
        assertThat(lookuper.lookup(key("c9", 9L), result)).isSameAs(result);
        assertThat(result.getSingleRow()).containsSame(row);
        assertThat(row.getString(2)).isEqualTo("long ".repeat(1_000));
        assertThat(lookuper.lookup(key("c9", 10L), result).getSingleRow()).isEmpty();
        for (long n = 0; n < 20; n++) {
            assertThat(text(lookuper.lookup(key("c" + n % 7, n), result)))
                    .isEqualTo("(c" + n % 7 + ", " + n + ", text " + n + ")");
        }
        final Lookuper other = table.newLookup().createLookuper();
        assertThatThrownBy(() -> other.lookup(key("c0", 0L), result)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseKeysOfTheWrongShape() {
        final FlussTable table = orders("shapes", 1);
        final Lookuper lookuper = table.newLookup().createLookuper();
        assertThatThrownBy(() -> lookuper.lookup(key("c0")))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("2 columns [customer, number], the row has 1 fields");
        assertThatThrownBy(() -> lookuper.lookup(key("c0", 1L, "text"))).isInstanceOf(RowConversionException.class);
        assertThatThrownBy(() -> lookuper.lookup(key("c0", null)))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("number");
        assertThatThrownBy(() -> lookuper.lookup(key(3, 1L)))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("customer");
        assertThatThrownBy(() -> lookuper.lookupAll(List.of(key("c0", 1L), key("c0", "1"))))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("number");
        assertThat(lookuper.lookup(key("c0", 1L)).getRows()).isEmpty();
    }

    @Test
    void shouldSayWhatATableWithoutAKeyIsReadBy() {
        final FlussTable log = create(
                "log", Schema.builder().column("n", DataTypes.BIGINT()).build(), table -> table.distributedBy(1));
        assertThatThrownBy(log::newLookup)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("newScan()");
    }

    @Test
    void shouldServeManyThreads() throws Exception {
        final FlussTable table = orders("threads", 6);
        LookupTable.upsert(official, table.tablePath(), orders(0, 2_000));
        final Lookuper lookuper = table.newLookup().createLookuper();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            final List<Future<?>> ends = new ArrayList<>();
            for (int thread = 0; thread < 500; thread++) {
                final int first = thread * 37;
                ends.add(executor.submit(() -> {
                    final LookupResult result = lookuper.newResult();
                    for (int i = 0; i < 20; i++) {
                        final long n = (first + i * 61L) % 2_100;
                        final String expected = n < 2_000 ? "(c" + n % 7 + ", " + n + ", text " + n + ")" : "";
                        assertThat(text(lookuper.lookup(key("c" + n % 7, n), result)))
                                .isEqualTo(expected);
                        assertThat(text(lookuper.lookup(key("c" + n % 7, n)))).isEqualTo(expected);
                    }
                }));
            }
            for (final Future<?> end : ends) {
                end.get();
            }
        }
    }

    @Test
    void shouldFindThePartitionOfAKey() throws Exception {
        final Schema schema = Schema.builder()
                .column("n", DataTypes.BIGINT().copy(false))
                .column("day", DataTypes.STRING().copy(false))
                .column("text", DataTypes.STRING())
                .primaryKey("day", "n")
                .build();
        final FlussTable table = create(
                "partitioned", schema, builder -> builder.partitionedBy("day").distributedBy(2));
        final TablePath path = table.tablePath();
        final Lookuper lookuper = table.newLookup().createLookuper();
        assertThat(lookuper.lookup(key("d1", 1L)).getRows())
                .as("no such partition")
                .isEmpty();
        assertThat(lookuper.lookup(key("no name for one!", 1L)).getRows()).isEmpty();

        official.createPartition(path, Map.of("day", "d1"));
        assertThat(lookuper.lookup(key("d1", 1L)).getRows())
                .as("created just now")
                .isEmpty();
        official.createPartition(path, Map.of("day", "d2"));
        LookupTable.upsert(
                official,
                path,
                List.of(List.of(1L, "d1", "one"), List.of(2L, "d1", "two"), List.of(1L, "d2", "other")));
        assertThat(text(lookuper.lookup(key("d1", 1L)))).isEqualTo("(1, d1, one)");
        assertThat(lookuper.lookupAll(List.of(key("d2", 1L), key("d3", 1L), key("d1", 2L), key("d2", 2L))))
                .extracting(LookupTable::text)
                .containsExactly("(1, d2, other)", "", "(2, d1, two)", "");

        official.dropPartition(path, Map.of("day", "d1"));
        // Servers let go of it a little later.
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (lookuper.lookup(key("d1", 1L)).rowCount() > 0) {
            assertThat(System.nanoTime()).as("dropped").isLessThan(deadlineNs);
        }
        official.createPartition(path, Map.of("day", "d1"));
        // The other one remembers the id of the partition that is gone.
        try (OfficialConnection fresh = new OfficialConnection(bootstrapServers)) {
            LookupTable.upsert(fresh, path, List.of(List.of(1L, "d1", "anew")));
        }
        assertThat(text(lookuper.lookup(key("d1", 1L)))).isEqualTo("(1, d1, anew)");
    }

    @Test
    void shouldTellThatTheTableIsGone() throws Exception {
        final FlussTable table = orders("gone", 1);
        LookupTable.upsert(official, table.tablePath(), orders(0, 1));
        final Lookuper lookuper = table.newLookup().createLookuper();
        assertThat(text(lookuper.lookup(key("c0", 0L)))).isNotEmpty();
        connection.getAdmin().dropTable(table.tablePath(), false);
        assertThatThrownBy(() -> lookuper.lookup(key("c0", 0L)))
                .isInstanceOf(FlussApiException.class)
                .hasMessageContaining(table.tablePath().toString())
                .hasMessageContaining("bucket 0")
                .extracting(e -> ((FlussApiException) e).error())
                .isEqualTo(FlussError.TABLE_NOT_EXIST);
        orders("gone", 1);
        assertThatThrownBy(() -> lookuper.lookup(key("c0", 0L)))
                .isInstanceOf(FlussApiException.class)
                .hasMessageContaining("has its name now");
    }

    @Test
    void shouldFindAllRowsOfAPrefix() throws Exception {
        final FlussTable table =
                create("prefix", LookupTable.orders().build(), builder -> builder.distributedBy(3, "customer"));
        LookupTable.upsert(official, table.tablePath(), orders(0, 70));
        final Lookuper lookuper = table.newLookup().lookupBy("customer").createLookuper();
        final LookupResult found = lookuper.lookup(key("c3"));
        assertThat(texts(found))
                .containsExactlyElementsOf(LongStream.range(0, 10)
                        .mapToObj(n -> "(c3, " + (7 * n + 3) + ", text " + (7 * n + 3) + ")")
                        .toList());
        assertThatThrownBy(found::getSingleRow)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("found 10 rows; use getRows()");
        assertThat(lookuper.lookup(key("c")).getRows())
                .as("no customer, though others begin so")
                .isEmpty();
        assertThat(lookuper.lookupAll(List.of(key("c6"), key("x"), key("c0"))))
                .extracting(LookupResult::rowCount)
                .containsExactly(10, 0, 10);
        assertThat(text(table.newLookup().createLookuper().lookup(key("c3", 10L))))
                .isEqualTo("(c3, 10, text 10)");
    }
}
