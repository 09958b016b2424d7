package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericArray;
import org.apache.fluss.row.GenericMap;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long what a poll gave can be read: as long as it is reachable, and not after it was closed. */
@WithCluster
@Timeout(120)
class ScanResultsTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final RowType NESTED = RowType.of(
            new DataType[] {
                DataTypes.INT(),
                DataTypes.STRING(),
                DataTypes.ARRAY(DataTypes.STRING()),
                DataTypes.MAP(DataTypes.STRING().copy(false), DataTypes.INT()),
                DataTypes.ROW(
                        DataTypes.FIELD("x", DataTypes.INT()),
                        DataTypes.FIELD("list", DataTypes.ARRAY(DataTypes.INT())))
            },
            new String[] {"n", "text", "list", "map", "row"});
    /** What a view knows without its memory. */
    private static final Set<String> SAFE = Set.of("fieldCount", "size", "keys", "values");

    private static OfficialClient official;
    private final String bootstrapServers;
    private final String database;

    ScanResultsTest(final FlussCluster cluster, final Database database) {
        this.bootstrapServers = cluster.bootstrapServers();
        this.database = database.name();
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialClient(cluster.bootstrapServers(), "100 ms");
    }

    @AfterAll
    static void disconnect() {
        official.close();
    }

    @ParameterizedTest
    @CsvSource({"ARROW, NONE", "ARROW, ZSTD", "COMPACTED, NONE"})
    void shouldReadTheRecordsOf10000PollsThatAllStayReachable(final String format, final String codec)
            throws Exception {
        final int perPoll = 3;
        final int rows = 10_000 * perPoll;
        final Config config = Config.builder()
                .bootstrapServers(bootstrapServers)
                .scannerLogMaxPollRecords(perPoll)
                .build();
        final List<ScanRecord> kept = new ArrayList<>();
        try (OfficialTable table =
                        official.createTable(database, "kept_" + format + codec, NESTED, 1, properties(format, codec));
                ScanClient client = new ScanClient(config);
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            for (int from = 0; from < rows; from += 5_000) {
                table.append(IntStream.range(from, from + 5_000)
                        .mapToObj(ScanResultsTest::row)
                        .toList());
            }
            scanner.subscribe(0, 0);
            int polls = 0;
            while (kept.size() < rows) {
                // Never closed: the records alone keep the memory.
                scanner.poll(LONG).forEach(kept::add);
                polls++;
            }
            assertThat(polls).isGreaterThanOrEqualTo(10_000);
            System.gc();
        }
        for (int i = 0; i < rows; i++) {
            final ScanRecord record = kept.get(i);
            assertThat(record.offset()).isEqualTo(i);
            assertThat(record.row().toString()).isEqualTo(text(i));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ARROW", "INDEXED", "COMPACTED"})
    void shouldThrowFromEveryGetterAfterClose(final String format) throws Exception {
        final Config config =
                Config.builder().bootstrapServers(bootstrapServers).build();
        try (OfficialTable table =
                        official.createTable(database, "closed_" + format, NESTED, 1, properties(format, "NONE"));
                ScanClient client = new ScanClient(config);
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(IntStream.range(0, 10).mapToObj(ScanResultsTest::row).toList());
            scanner.subscribe(0, 0);
            final ScanRecords records = scanner.poll(LONG);
            final ScanRecords.Cursor cursor = records.cursor();
            assertThat(cursor.next()).isTrue();
            final InternalRow row = records.iterator().next().row();
            final InternalMap map = row.getMap(3);
            final InternalRow nested = row.getRow(4, 2);
            final InternalArray keys = map.keys();
            final InternalArray values = map.values();
            final InternalArray inner = nested.getArray(1);
            assertThat(inner.getInt(0)).isZero();
            assertThat(cursor.row().getRow(4, 2).getInt(0)).isZero();
            records.close();

            for (final Object view : List.of(row, cursor.row(), nested)) {
                touchAll(view, InternalRow.class);
            }
            for (final Object view : List.of(keys, values, inner)) {
                touchAll(view, InternalArray.class);
            }
            touchAll(map, InternalMap.class);
            for (final String getter : List.of("next", "offset", "timestamp", "changeType", "bucket")) {
                final Method method = ScanRecords.Cursor.class.getMethod(getter);
                assertThatThrownBy(() -> invoke(method, cursor)).as(getter).isInstanceOf(IllegalStateException.class);
            }
            assertThatThrownBy(() -> records.iterator().next()).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(records::recordsByBuckets).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> records.cursor().next()).isInstanceOf(IllegalStateException.class);
        }
    }

    /** Calls everything that the interface has and that could read memory. */
    private static void touchAll(final Object view, final Class<?> type) {
        int touched = 0;
        for (final Method method : type.getMethods()) {
            if (!Modifier.isStatic(method.getModifiers()) && !SAFE.contains(method.getName())) {
                assertThatThrownBy(() -> invoke(method, view))
                        .as("%s of a %s", method, view.getClass().getSimpleName())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("closed");
                touched++;
            }
        }
        assertThatThrownBy(view::toString).isInstanceOf(IllegalStateException.class);
        assertThat(touched + (type == InternalMap.class ? 20 : 0)).isGreaterThan(15);
    }

    private static @Nullable Object invoke(final Method method, final Object on) throws Throwable {
        final Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(ScanResultsTest::argument)
                .toArray();
        method.setAccessible(true);
        try {
            return method.invoke(on, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Object argument(final Class<?> type) {
        if (type == int.class) {
            return 0;
        }
        if (type == DirectBuffer.class) {
            return OffHeap.flyweight();
        }
        if (type == MutableDirectBuffer.class) {
            return new UnsafeBuffer(new byte[64]);
        }
        throw new AssertionError("no argument of type " + type);
    }

    private static GenericRow row(final int i) {
        return GenericRow.of(
                i,
                BinaryString.fromString("text " + i),
                new GenericArray(new Object[] {BinaryString.fromString("a" + i), null}),
                new GenericMap(Map.of(BinaryString.fromString("k" + i), i)),
                GenericRow.of(i, new GenericArray(new Object[] {i, -i})));
    }

    private static String text(final int i) {
        return "(" + i + ", text " + i + ", [a" + i + ", null], {k" + i + "=" + i + "}, (" + i + ", [" + i + ", " + -i
                + "]))";
    }

    private static Map<String, String> properties(final String format, final String codec) {
        return format.equals("ARROW")
                ? Map.of("table.log.arrow.compression.type", codec)
                : Map.of("table.log.format", format);
    }
}
