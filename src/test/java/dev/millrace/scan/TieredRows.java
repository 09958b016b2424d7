package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;

/** Rows that fill several segments of 64 KiB, numbered by their offsets. */
final class TieredRows {
    static final RowType TYPE = RowType.of(
            new DataType[] {DataTypes.BIGINT(), DataTypes.STRING(), DataTypes.INT()},
            new String[] {"n", "text", "remainder"});
    static final int BATCH_ROWS = 100;
    static final int ROWS = 50 * BATCH_ROWS;

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int TEXT_LENGTH = 100;

    private TieredRows() {}

    /** Appends all rows in batches of which a segment holds a few. */
    static void fill(final OfficialTable table) {
        fill(table, ROWS, BATCH_ROWS);
    }

    static void fill(final OfficialTable table, final int rows, final int batchRows) {
        for (long from = 0; from < rows; from += batchRows) {
            table.append(rows(from, from + batchRows));
        }
    }

    static List<GenericRow> rows(final long from, final long to) {
        return LongStream.range(from, to)
                .mapToObj(n -> GenericRow.of(n, BinaryString.fromString(text(n)), (int) (n % 7)))
                .toList();
    }

    /** Hardly to be compressed. */
    static String text(final long n) {
        final SplittableRandom random = new SplittableRandom(n);
        final StringBuilder text = new StringBuilder();
        while (text.length() < TEXT_LENGTH) {
            text.append(Long.toString(random.nextLong() & Long.MAX_VALUE, Character.MAX_RADIX));
        }
        return text.substring(0, TEXT_LENGTH);
    }

    /**
     * Polls until there are so many rows at least.
     *
     * @param column where their numbers stand, which have to be their offsets.
     */
    static List<Long> numbers(final LogScanner scanner, final int column, final int count) {
        final List<Long> numbers = new ArrayList<>();
        while (numbers.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.isEmpty())
                        .as("silent after %s rows", numbers.size())
                        .isFalse();
                final ScanRecords.Cursor cursor = records.cursor();
                while (cursor.next()) {
                    numbers.add(cursor.row().getLong(column));
                    assertThat(cursor.offset()).isEqualTo(cursor.row().getLong(column));
                }
            }
        }
        return numbers;
    }

    static List<Long> range(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }
}
