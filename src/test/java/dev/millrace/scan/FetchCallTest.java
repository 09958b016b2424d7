package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.metadata.TablePath;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FetchCallTest {
    private static final int BUDGET = 1 << 20;

    /** The fetcher hears of a refusal later than the reader thread: memory may have come free, and nobody may free more. */
    @Test
    void shouldNotCountMemoryAsTriedThatCameFreeAfterTheRefusal() {
        try (ReadMemory memory = new ReadMemory(BUDGET)) {
            final SharedBlock all = Objects.requireNonNull(memory.tryTake(BUDGET));
            final FetchCall call = new FetchCall(context(memory), 0, () -> {});
            call.begin();
            assertThat(call.bodyBuffer(BUDGET / 2)).isNull();
            assertThat(call.length()).isEqualTo(BUDGET / 2);
            assertThat(call.refusedAfterReleases()).isEqualTo(memory.releases());
            all.release();
            assertThat(call.refusedAfterReleases()).isLessThan(memory.releases());

            call.begin();
            assertThat(call.bodyBuffer(BUDGET / 2)).isNotNull();
            call.release();
            assertThat(memory.freeBytes()).isEqualTo(BUDGET);
        }
    }

    /** All that a call needs before it is sent. */
    private static ScanContext context(final ReadMemory memory) {
        return new ScanContext(
                null,
                null,
                null,
                new int[0],
                Config.builder().build(),
                null,
                null,
                memory,
                null,
                new ScanMetrics(memory).of(TablePath.of("market", "ticks")));
    }
}
