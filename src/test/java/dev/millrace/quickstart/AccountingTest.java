package dev.millrace.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.row.GenericRow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Checksums, percentiles and the ticks themselves. */
class AccountingTest {
    private static final Instant OPENING = Instant.parse("2026-01-02T09:30:00Z");

    private static List<GenericRow> ticks(int count) {
        List<GenericRow> rows = new ArrayList<>();
        for (Feed.Source source : new TickFeed(count, 42, OPENING).sources()) {
            GenericRow row = new GenericRow(6);
            while (source.next(row)) {
                rows.add(row);
                row = new GenericRow(6);
            }
        }
        return rows;
    }

    private static ColumnSums sums(List<GenericRow> rows) {
        ColumnSums sums = new ColumnSums(TickFeed.SCHEMA);
        rows.forEach(sums::add);
        return sums;
    }

    @Test
    void shouldMakeTicksThatLookLikeAMarket() {
        List<GenericRow> rows = ticks(20_000);
        assertThat(rows).hasSize(20_000);
        Set<Long> sequence = new HashSet<>();
        Set<String> symbols = new HashSet<>();
        for (GenericRow row : rows) {
            sequence.add(row.getLong(0));
            symbols.add(row.getString(1));
            assertThat(row.getDouble(2)).isBetween(0.01, 2_000.0);
            assertThat(row.getInt(3)).isBetween(100, 2_000);
        }
        assertThat(sequence).hasSize(20_000).contains(0L, 19_999L);
        assertThat(symbols).hasSize(TickFeed.SYMBOLS);
    }

    @Test
    void shouldMakeTheSameTicksFromTheSameSeed() {
        assertThat(ticks(1_000)).isEqualTo(ticks(1_000));
    }

    @Test
    void shouldSumTheSameInAnyOrderAndInParts() {
        List<GenericRow> rows = ticks(1_000);
        ColumnSums whole = sums(rows);
        Collections.shuffle(rows, new Random(42));
        ColumnSums parts = sums(rows.subList(0, 300));
        parts.add(sums(rows.subList(300, 1_000)));
        assertThat(parts.isSameAs(whole)).isTrue();
        assertThat(parts.sums()).isEqualTo(whole.sums());
        assertThat(parts.valueBytes()).isEqualTo(whole.valueBytes()).isEqualTo(1_000L * (8 + 4 + 8 + 4 + 1 + 8));
    }

    @Test
    void shouldNoticeEveryKindOfDifference() {
        assertNoticed(row -> row.setLong(0, row.getLong(0) + 1));
        assertNoticed(row -> row.setString(1, row.getString(1) + "x"));
        assertNoticed(row -> row.setString(1, "a much longer text than a symbol ever is"));
        assertNoticed(row -> row.setDouble(2, Math.nextUp(row.getDouble(2))));
        assertNoticed(row -> row.setInt(3, -row.getInt(3)));
        assertNoticed(row -> row.setBoolean(4, !row.getBoolean(4)));
        assertNoticed(row -> row.setTimestamp(5, row.getEpochMillis(5, 3) + 1, 0));
        IntStream.range(0, 6).forEach(i -> assertNoticed(row -> row.setNull(i)));
    }

    private static void assertNoticed(Consumer<GenericRow> change) {
        ColumnSums before = sums(ticks(10));
        List<GenericRow> rows = ticks(10);
        change.accept(rows.get(3));
        assertThat(sums(rows).isSameAs(before)).isFalse();
    }

    @Test
    void shouldNoticeLostAndDoubledRows() {
        List<GenericRow> rows = ticks(10);
        ColumnSums before = sums(rows);
        assertThat(sums(rows.subList(0, 9)).isSameAs(before)).isFalse();
        rows.add(rows.get(0));
        assertThat(sums(rows).isSameAs(before)).isFalse();
    }

    @Test
    void shouldGiveItsPercentilesWithinAnEighth() {
        LatencyHistogram histogram = new LatencyHistogram();
        assertThat(histogram.percentile(99)).isZero();
        IntStream.rangeClosed(1, 1_000).forEach(i -> histogram.record(i * 1_000L));
        assertThat(histogram.percentile(50)).isBetween(Duration.ofNanos(500_000), Duration.ofNanos(540_000));
        assertThat(histogram.percentile(99)).isBetween(Duration.ofNanos(990_000), Duration.ofNanos(1_060_000));
        histogram.record(Long.MAX_VALUE);
        assertThat(histogram.percentile(100)).isEqualTo(Duration.ofNanos(Long.MAX_VALUE));
    }
}
