package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussException;
import dev.millrace.support.Cases;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A bucket's queue against a model of the server, over random schedules of everything that can happen between them. No
 * thread, no network, no clock but the schedule's: a seed that fails once fails always.
 */
@Timeout(1200)
class BucketQueueScheduleTest {
    private static final int SCHEDULES = 3 * Cases.COUNT;
    private static final int STEPS = 60;

    @Test
    void shouldDeliverEachAcknowledgedRowOnceAndInOrder() {
        long acknowledged = 0;
        long failed = 0;
        for (long seed = Cases.SEED; seed < Cases.SEED + SCHEDULES; seed++) {
            final RandomGenerator random =
                    RandomGeneratorFactory.of("Xoshiro256PlusPlus").create(seed);
            try (BucketSchedule schedule = new BucketSchedule(random)) {
                schedule.run(STEPS);
                check(schedule);
                acknowledged += schedule.count(null);
                failed += schedule.count(DeliveryTimeoutException.class);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("the schedule of seed " + seed + " fails", e);
            }
        }
        // Neither all nor nothing went well, so that both were tried.
        assertThat(acknowledged).isGreaterThan(10L * SCHEDULES);
        assertThat(failed).isGreaterThan(SCHEDULES / 10);
    }

    private static void check(final BucketSchedule schedule) {
        int lastAcknowledged = -1;
        final int[] copies = new int[schedule.rowCount()];
        for (final int row : schedule.log()) {
            copies[row]++;
            if (schedule.isAcknowledged(row)) {
                assertThat(row).as("the order of acknowledged rows").isGreaterThan(lastAcknowledged);
                lastAcknowledged = row;
            }
        }
        for (int row = 0; row < copies.length; row++) {
            assertThat(copies[row]).as("copies of row %d", row).isLessThanOrEqualTo(1);
            if (schedule.isAcknowledged(row)) {
                assertThat(copies[row])
                        .as("copies of the acknowledged row %d", row)
                        .isOne();
            }
            final FlussException failure = schedule.failure(row);
            if (failure instanceof DeliveryTimeoutException late
                    && late.outcome() == DeliveryTimeoutException.Outcome.NOT_SENT) {
                assertThat(copies[row])
                        .as("copies of row %d, which was never sent", row)
                        .isZero();
            }
        }
    }
}
