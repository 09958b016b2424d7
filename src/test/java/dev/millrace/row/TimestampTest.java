package dev.millrace.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.support.Cases;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimestampTest {
    @Test
    void shouldSplitTimesBeforeTheEpochDownwards() {
        final Instant instant = Instant.ofEpochSecond(-1, 999_999_999);

        assertThat(TimestampLtz.of(instant)).isEqualTo(TimestampLtz.ofEpochMillis(-1, 999_999));
        assertThat(TimestampLtz.ofEpochMillis(-1, 999_999).toInstant()).isEqualTo(instant);
        assertThat(TimestampNtz.ofEpochMillis(-1)).hasToString("1969-12-31T23:59:59.999");
    }

    @Test
    void shouldLoseNothingBetweenJavaTimesAndTimestamps() {
        final long seed = Cases.SEED;
        final Random random = new Random(seed);
        for (int i = 0; i < Cases.COUNT; i++) {
            final Instant instant = Instant.ofEpochSecond(
                    random.nextLong(-62_135_596_800L, 253_402_300_800L), random.nextInt(1_000_000_000));
            final LocalDateTime dateTime = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);

            final TimestampLtz ltz = TimestampLtz.of(instant);
            final TimestampNtz ntz = TimestampNtz.of(dateTime);

            assertThat(ltz.toInstant()).as("seed %d, round %d", seed, i).isEqualTo(instant);
            assertThat(ntz.toLocalDateTime()).as("seed %d, round %d", seed, i).isEqualTo(dateTime);
            assertThat(ltz.epochMillis()).isEqualTo(instant.toEpochMilli()).isEqualTo(ntz.epochMillis());
            assertThat(ltz.nanoOfMillis()).isEqualTo(ntz.nanoOfMillis());
        }
    }

    @Test
    void shouldReachTheEndsOfTheRange() {
        assertThat(TimestampLtz.of(TimestampLtz.ofEpochMillis(Long.MIN_VALUE).toInstant()))
                .isEqualTo(TimestampLtz.ofEpochMillis(Long.MIN_VALUE));
        assertThat(TimestampLtz.of(
                        TimestampLtz.ofEpochMillis(Long.MAX_VALUE, 999_999).toInstant()))
                .isEqualTo(TimestampLtz.ofEpochMillis(Long.MAX_VALUE, 999_999));
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(() -> TimestampLtz.of(Instant.MAX));
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(() -> TimestampNtz.of(LocalDateTime.MIN));
    }

    @Test
    void shouldOrderByTime() {
        assertThat(TimestampLtz.ofEpochMillis(1, 5)).isLessThan(TimestampLtz.ofEpochMillis(1, 6));
        assertThat(TimestampNtz.ofEpochMillis(-2, 999_999)).isLessThan(TimestampNtz.ofEpochMillis(-1));
    }

    @Test
    void shouldRefuseNanosecondsOutOfRange() {
        assertThatIllegalArgumentException().isThrownBy(() -> TimestampNtz.ofEpochMillis(0, 1_000_000));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TimestampLtz.ofEpochMillis(0, -1))
                .withMessage("Nanoseconds of the millisecond must be between 0 and 999999, not -1");
    }
}
