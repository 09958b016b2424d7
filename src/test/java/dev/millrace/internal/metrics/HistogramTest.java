package dev.millrace.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.metrics.HistogramSnapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class HistogramTest {
    private static final int NUMBERS = 20_000;
    private static final long SEED = 20_261_126L;

    @Test
    void shouldKnowEveryQuantileToASixteenth() {
        final Random random = new Random(SEED);
        final Histogram histogram = Histogram.ofNumbers();
        final List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < NUMBERS; i++) {
            final long number = random.nextLong() >>> 1 + random.nextInt(63);
            numbers.add(number);
            histogram.record(number);
        }
        Collections.sort(numbers);
        final HistogramSnapshot snapshot = histogram.snapshot();
        assertThat(snapshot.count()).isEqualTo(NUMBERS);
        assertThat(snapshot.max()).isEqualTo(numbers.getLast().doubleValue());
        for (int i = 1; i <= 1_000; i++) {
            final double exact = numbers.get(NUMBERS / 1_000 * i - 1);
            assertThat(snapshot.quantile(i / 1_000.0))
                    .as("quantile %d of 1000, seed %d", i, SEED)
                    .isBetween(exact, exact * 17 / 16);
        }
    }

    @Test
    void shouldHoldTheEndsOfTheRange() {
        final Histogram histogram = Histogram.ofNumbers();
        for (final long number : new long[] {-5, 0, 1, 31, 32, 33, Long.MAX_VALUE}) {
            histogram.record(number);
        }
        assertThat(histogram.snapshot().buckets())
                .extracting(HistogramSnapshot.Bucket::upTo)
                .containsExactly(0.0, 1.0, 31.0, 33.0, (double) Long.MAX_VALUE);
        assertThat(histogram.snapshot().count()).isEqualTo(7);
    }

    @Test
    void shouldGiveTimesInMilliseconds() {
        final Histogram histogram = Histogram.ofTimes();
        histogram.record(2_500_000);
        assertThat(histogram.snapshot().sum()).isEqualTo(2.5);
        assertThat(histogram.snapshot().quantile(0.5)).isEqualTo(2.5);
    }

    @Test
    void shouldCountWhatManyThreadsRecord() {
        final Histogram histogram = Histogram.ofNumbers();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                threads.submit(() -> {
                    for (int n = 0; n < NUMBERS; n++) {
                        histogram.record(n % 100);
                    }
                });
            }
        }
        final HistogramSnapshot snapshot = histogram.snapshot();
        assertThat(snapshot.count()).isEqualTo(8L * NUMBERS);
        assertThat(snapshot.sum()).isEqualTo(8L * NUMBERS / 100 * 4_950);
    }
}
