package dev.millrace.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.millrace.error.RowConversionException;
import dev.millrace.support.Cases;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DecimalTest {
    @Test
    void shouldKeepCompactValuesAsLong() {
        final Decimal decimal = Decimal.of(new BigDecimal("-12.34"), 10, 2);

        assertThat(decimal.isCompact()).isTrue();
        assertThat(decimal.unscaledLong()).isEqualTo(-1234);
        assertThat(decimal.toBigDecimal()).isEqualTo(new BigDecimal("-12.34"));
        assertThat(decimal).hasToString("-12.34");
        assertThat(decimal)
                .isEqualTo(Decimal.ofUnscaled(-1234, 10, 2))
                .hasSameHashCodeAs(Decimal.ofUnscaled(-1234, 10, 2));
    }

    @Test
    void shouldKeepValuesBeyondLong() {
        final Decimal decimal = Decimal.of(new BigDecimal("12345678901234567.891"), 20, 3);

        assertThat(decimal.isCompact()).isFalse();
        assertThat(decimal.unscaledValue()).isEqualTo(new BigInteger("12345678901234567891"));
        assertThat(decimal.toUnscaledBytes()).asHexString().isEqualTo("00AB54A98CEB1F0AD3");
        assertThat(Decimal.ofUnscaledBytes(decimal.toUnscaledBytes(), 20, 3)).isEqualTo(decimal);
        assertThatIllegalStateException()
                .isThrownBy(decimal::unscaledLong)
                .withMessageContaining("DECIMAL(20, 3) does not fit a long");
    }

    @Test
    void shouldFillUpDigitsAfterThePoint() {
        assertThat(Decimal.of(new BigDecimal("7"), 5, 3)).hasToString("7.000");
        assertThat(Decimal.of(new BigDecimal("7.10000000"), 5, 1)).hasToString("7.1");
    }

    @Test
    void shouldRefuseWhatDoesNotFitRatherThanRound() {
        assertThatExceptionOfType(RowConversionException.class)
                .isThrownBy(() -> Decimal.of(new BigDecimal("1.005"), 10, 2))
                .withMessage("1.005 has more than 2 digits after the point and does not fit DECIMAL(10, 2)");
        assertThatExceptionOfType(RowConversionException.class)
                .isThrownBy(() -> Decimal.of(new BigDecimal("1000"), 3, 0))
                .withMessage("1000 has too many digits before the point and does not fit DECIMAL(3, 0)");
        assertThatExceptionOfType(RowConversionException.class).isThrownBy(() -> Decimal.ofUnscaled(-1000, 3, 1));
        assertThatExceptionOfType(RowConversionException.class)
                .isThrownBy(() -> Decimal.ofUnscaled(Long.MIN_VALUE, 18, 0));
        assertThatExceptionOfType(RowConversionException.class)
                .isThrownBy(() -> Decimal.ofUnscaled(BigInteger.TEN.pow(38), 38, 0));
        assertThat(Decimal.ofUnscaled(-999, 3, 1)).hasToString("-99.9");
    }

    @Test
    void shouldRefuseTypesThatDoNotExist() {
        assertThatIllegalArgumentException().isThrownBy(() -> Decimal.ofUnscaled(1, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Decimal.ofUnscaled(1, 39, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Decimal.ofUnscaled(1, 5, 6));
    }

    @Test
    void shouldOrderByValueWhateverTheType() {
        assertThat(Decimal.ofUnscaled(15, 3, 1)).isLessThan(Decimal.ofUnscaled(16, 3, 1));
        assertThat(Decimal.ofUnscaled(15, 3, 1)).isEqualByComparingTo(Decimal.ofUnscaled(1500, 30, 3));
        assertThat(Decimal.ofUnscaled(-15, 3, 1)).isLessThan(Decimal.ofUnscaled(-1400, 30, 3));
    }

    @Test
    void shouldGiveBackAnyValueThatFits() {
        final long seed = Cases.SEED;
        final Random random = new Random(seed);
        for (int i = 0; i < Cases.COUNT; i++) {
            final int precision = 1 + random.nextInt(38);
            final int scale = random.nextInt(precision + 1);
            final BigInteger unscaled = new BigInteger(130, random)
                    .mod(BigInteger.TEN.pow(precision))
                    .multiply(random.nextBoolean() ? BigInteger.ONE : BigInteger.ONE.negate());
            final BigDecimal value = new BigDecimal(unscaled, scale);

            final Decimal decimal = Decimal.of(value, precision, scale);

            assertThat(decimal.toBigDecimal()).as("seed %d, round %d", seed, i).isEqualTo(value);
            assertThat(Decimal.ofUnscaledBytes(decimal.toUnscaledBytes(), precision, scale))
                    .as("seed %d, round %d", seed, i)
                    .isEqualTo(decimal);
            assertThat(decimal.isCompact()).isEqualTo(precision <= 18);
        }
    }
}
