package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.support.JavaProgram;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.row.TimestampLtz;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a scan allocates for a row, on the thread that polls; the JVM counts none for virtual threads. In a JVM of its own:
 * in one in which other tests have shown the compiler more kinds of everything, a poll makes half as much again.
 */
@WithCluster
class ScanAllocationTest {
    private static final int ROWS = 400_000;
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

    /** What is allocated is allocated for a result of 500 rows; views of the row formats are larger than those of columns. */
    @ParameterizedTest
    @CsvSource({"NONE, 1", "ZSTD, 1", "INDEXED, 2", "COMPACTED, 2"})
    void shouldAllocateNextToNothingForARow(
            final String codec, final int limit, final FlussCluster cluster, final Database database) throws Exception {
        try (OfficialClient official = new OfficialClient(cluster.bootstrapServers());
                OfficialTable table =
                        official.createTable(database.name(), "ticks_" + codec, TICK, 1, properties(codec))) {
            table.append(
                    LongStream.range(0, ROWS).<org.apache.fluss.row.InternalRow>mapToObj(ScanAllocationTest::tick)
                            ::iterator);
            final String out = JavaProgram.run(
                    ScanAllocation.class,
                    List.of("-Xmx256m"),
                    List.of(
                            cluster.bootstrapServers(),
                            table.path.database(),
                            table.path.table(),
                            Integer.toString(ROWS),
                            Integer.toString(limit)));
            assertThat(Double.parseDouble(out.split(" ")[0]))
                    .as("bytes allocated for a row")
                    .isLessThan(limit);
        }
    }

    private static Map<String, String> properties(final String codecOrFormat) {
        return codecOrFormat.equals("INDEXED") || codecOrFormat.equals("COMPACTED")
                ? Map.of("table.log.format", codecOrFormat)
                : Map.of("table.log.arrow.compression.type", codecOrFormat);
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
