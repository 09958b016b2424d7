package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.millrace.Config;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.InternalRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.row.TimestampLtz;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a scan allocates for a row, on the thread that polls; the JVM counts none for virtual threads. */
@WithCluster
class ScanAllocationTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int ROWS = 400_000;
    private static final int LIMIT = 2;
    private static final int MOST_SCANS = 20;
    private static final RowType TICK = RowType.of(
            new DataType[] {
                DataTypes.BIGINT(),
                DataTypes.STRING(),
                DataTypes.DOUBLE(),
                DataTypes.INT(),
                DataTypes.BOOLEAN(),
                DataTypes.TIMESTAMP_LTZ(3)
            },
            new String[] {"id", "symbol", "price", "size", "buy", "at"});

    private final UnsafeBuffer symbol = OffHeap.flyweight();
    private long checksum;

    /**
     * What is allocated is allocated for a result of 500 rows. Alone it is half a byte to one byte a row, and up to half as
     * much again in a JVM in which other tests have shown the compiler more kinds of everything.
     */
    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD", "INDEXED", "COMPACTED"})
    void shouldAllocateNextToNothingForARow(final String codec, final FlussCluster cluster, final Database database)
            throws Exception {
        final Config config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
        try (OfficialClient official = new OfficialClient(cluster.bootstrapServers());
                OfficialTable table =
                        official.createTable(database.name(), "ticks_" + codec, TICK, 1, properties(codec));
                ScanClient client = new ScanClient(config);
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(
                    LongStream.range(0, ROWS).<org.apache.fluss.row.InternalRow>mapToObj(ScanAllocationTest::tick)
                            ::iterator);
            // Until the code is compiled, which takes longer on a busy machine.
            double perRow = LIMIT;
            for (int i = 0; i < MOST_SCANS && perRow >= LIMIT; i++) {
                perRow = scan(scanner);
            }
            assertThat(perRow).as("bytes allocated for a row").isLessThan(LIMIT);
        }
    }

    private static Map<String, String> properties(final String codecOrFormat) {
        return codecOrFormat.equals("INDEXED") || codecOrFormat.equals("COMPACTED")
                ? Map.of("table.log.format", codecOrFormat)
                : Map.of("table.log.arrow.compression.type", codecOrFormat);
    }

    private double scan(final LogScanner scanner) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
        final long before = threads.getCurrentThreadAllocatedBytes();
        int rows = 0;
        while (rows < ROWS) {
            try (ScanRecords records = scanner.poll(LONG)) {
                final ScanRecords.Cursor cursor = records.cursor();
                while (cursor.next()) {
                    read(cursor.row());
                    rows++;
                }
            }
        }
        return (double) (threads.getCurrentThreadAllocatedBytes() - before) / ROWS;
    }

    private void read(final InternalRow row) {
        row.wrapString(1, symbol);
        checksum += row.getLong(0)
                + symbol.capacity()
                + Double.doubleToRawLongBits(row.getDouble(2))
                + row.getInt(3)
                + (row.getBoolean(4) ? 1 : 0)
                + row.getEpochMillis(5, 3);
    }

    private static GenericRow tick(final long n) {
        return GenericRow.of(
                n,
                BinaryString.fromString("SYM" + n % 500),
                100 + n % 1_000 / 8.0,
                (int) (n % 100),
                n % 3 == 0,
                TimestampLtz.fromEpochMillis(1_700_000_000_000L + n));
    }
}
