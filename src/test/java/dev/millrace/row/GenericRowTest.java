package dev.millrace.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.OffHeap;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class GenericRowTest {
    @Test
    void shouldGiveBackWhatTheTypedSettersTook() {
        final GenericRow row = new GenericRow(16);
        row.setBoolean(0, true);
        row.setByte(1, (byte) -2);
        row.setShort(2, Short.MIN_VALUE);
        row.setInt(3, Integer.MIN_VALUE);
        row.setLong(4, Long.MAX_VALUE);
        row.setFloat(5, -0.0f);
        row.setDouble(6, Double.MIN_VALUE);
        row.setString(7, "h\u00e9llo");
        row.setBytes(8, new byte[] {1, 2});
        row.setDecimal(9, Decimal.ofUnscaled(-1234, 10, 2));
        row.setDecimalUnscaled(10, 99);
        row.setDate(11, LocalDate.of(1969, 12, 31));
        row.setTime(12, LocalTime.of(1, 2, 3, 4_999_999));
        row.setTimestampNtz(13, TimestampNtz.ofEpochMillis(-1, 7));
        row.setTimestampLtz(14, TimestampLtz.ofEpochMillis(2, 8));
        row.setRow(15, GenericRow.fromData(5, "hi"));

        assertThat(row.fieldCount()).isEqualTo(16);
        assertThat(row.getBoolean(0)).isTrue();
        assertThat(row.getByte(1)).isEqualTo((byte) -2);
        assertThat(row.getShort(2)).isEqualTo(Short.MIN_VALUE);
        assertThat(row.getInt(3)).isEqualTo(Integer.MIN_VALUE);
        assertThat(row.getLong(4)).isEqualTo(Long.MAX_VALUE);
        assertThat(Float.floatToRawIntBits(row.getFloat(5))).isEqualTo(Float.floatToRawIntBits(-0.0f));
        assertThat(row.getDouble(6)).isEqualTo(Double.MIN_VALUE);
        assertThat(row.getString(7)).isEqualTo("h\u00e9llo");
        assertThat(row.getChar(7, 5)).isEqualTo("h\u00e9llo");
        assertThat(row.getBytes(8)).containsExactly(1, 2);
        assertThat(row.getBinary(8, 2)).containsExactly(1, 2);
        assertThat(row.getDecimal(9, 10, 2)).isEqualTo(Decimal.ofUnscaled(-1234, 10, 2));
        assertThat(row.getDecimalUnscaled(9, 10, 2)).isEqualTo(-1234);
        assertThat(row.getDecimal(10, 5, 1)).isEqualTo(Decimal.ofUnscaled(99, 5, 1));
        assertThat(row.getDecimalUnscaled(10, 5, 1)).isEqualTo(99);
        assertThat(row.getDate(11)).isEqualTo(LocalDate.of(1969, 12, 31));
        assertThat(row.getEpochDay(11)).isEqualTo(-1);
        assertThat(row.getTime(12)).isEqualTo(LocalTime.of(1, 2, 3, 4_000_000));
        assertThat(row.getMillisOfDay(12)).isEqualTo(3_723_004);
        assertThat(row.getTimestampNtz(13, 9)).isEqualTo(TimestampNtz.ofEpochMillis(-1, 7));
        assertThat(row.getEpochMillis(13, 9)).isEqualTo(-1);
        assertThat(row.getNanoOfMillis(13, 9)).isEqualTo(7);
        assertThat(row.getTimestampLtz(14, 9)).isEqualTo(TimestampLtz.ofEpochMillis(2, 8));
        assertThat(row.getRow(15, 2).getString(1)).isEqualTo("hi");
    }

    @Test
    void shouldTakeJavaTimesAndNumbersAsObjects() {
        final Instant instant = Instant.parse("2024-06-07T08:09:10.123456789Z");
        final LocalDateTime dateTime = LocalDateTime.parse("2024-06-07T08:09:10.123456789");

        final GenericRow row = GenericRow.fromData(
                true,
                (byte) 1,
                (short) 2,
                3,
                4L,
                5f,
                6d,
                "s",
                new byte[] {7},
                new BigDecimal("8.5"),
                instant,
                dateTime,
                null);

        assertThat(row.getDecimal(9, 10, 2)).isEqualTo(Decimal.ofUnscaled(850, 10, 2));
        assertThat(row.getTimestampLtz(10, 9).toInstant()).isEqualTo(instant);
        assertThat(row.getTimestampNtz(11, 9).toLocalDateTime()).isEqualTo(dateTime);
        assertThat(row.isNullAt(12)).isTrue();
        assertThat(row.isNullAt(11)).isFalse();
        assertThat(row.getField(4)).isEqualTo(4L);
        assertThat(row.getField(12)).isNull();
    }

    @Test
    void shouldTakeTimestampsOfNumbersForBothTypes() {
        final GenericRow row = new GenericRow(1);
        row.setTimestamp(0, 1_700_000_000_123L, 456_789);

        assertThat(row.getTimestampLtz(0, 9)).isEqualTo(TimestampLtz.ofEpochMillis(1_700_000_000_123L, 456_789));
        assertThat(row.getTimestampNtz(0, 9)).isEqualTo(TimestampNtz.ofEpochMillis(1_700_000_000_123L, 456_789));

        row.setEpochMillis(0, 5);

        assertThat(row.getNanoOfMillis(0, 9)).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> row.setTimestamp(0, 1, 1_000_000));
    }

    @Test
    void shouldReadIntsAsDatesAndTimes() {
        final GenericRow row = GenericRow.fromData(1, 1000);

        assertThat(row.getDate(0)).isEqualTo(LocalDate.of(1970, 1, 2));
        assertThat(row.getTime(1)).isEqualTo(LocalTime.of(0, 0, 1));
    }

    @Test
    void shouldBeNullAtFirstAndWhenSetToNull() {
        final GenericRow row = new GenericRow(2);
        assertThat(row.isNullAt(0)).isTrue();

        row.setString(0, "x");
        row.setLong(1, 1);
        assertThat(row.isNullAt(0) || row.isNullAt(1)).isFalse();

        row.setString(0, null);
        row.setNull(1);
        assertThat(row.isNullAt(0) && row.isNullAt(1)).isTrue();
        assertThat(row).isEqualTo(new GenericRow(2));
    }

    @Test
    void shouldSayWhatAFieldHoldsWhenItIsReadAsAnotherType() {
        final GenericRow row = GenericRow.fromData("abc", 1, null, LocalDate.EPOCH, Instant.EPOCH);

        assertMessage(row, r -> r.getLong(0), "Field 0 was read as a long but holds a String (java.lang.String)");
        assertMessage(row, r -> r.getLong(1), "Field 1 was read as a long but holds an int (java.lang.Integer)");
        assertMessage(row, r -> r.getString(2), "Field 2 was read as a String but holds null");
        assertMessage(row, r -> r.getInt(3), "Field 3 was read as an int but holds a date (java.time.LocalDate)");
        assertMessage(
                row,
                r -> r.getTimestampNtz(4, 3),
                "Field 4 was read as a TimestampNtz but holds a TimestampLtz (dev.millrace.row.TimestampLtz)");
        assertMessage(
                row,
                r -> r.getEpochMillis(1, 3),
                "Field 1 was read as a timestamp but holds an int (java.lang.Integer)");
        assertMessage(
                row, r -> r.getDecimal(0, 5, 0), "Field 0 was read as a Decimal but holds a String (java.lang.String)");
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> row.getInt(5));
    }

    private static void assertMessage(final GenericRow row, final Consumer<GenericRow> read, final String message) {
        assertThatExceptionOfType(RowConversionException.class)
                .isThrownBy(() -> read.accept(row))
                .withMessage(message);
    }

    @Test
    void shouldRefuseObjectsItKnowsNoTypeFor() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GenericRow.fromData("a", 'c'))
                .withMessage("Field 1 cannot hold a java.lang.Character");
        assertThatIllegalArgumentException().isThrownBy(() -> new GenericRow(-1));
    }

    @Test
    void shouldRefuseDecimalsThatDoNotFitTheColumn() {
        final GenericRow row = new GenericRow(1);
        row.setDecimalUnscaled(0, 1000);

        assertThatExceptionOfType(RowConversionException.class).isThrownBy(() -> row.getDecimalUnscaled(0, 3, 0));

        row.setDecimal(0, new BigDecimal("0.001"));

        assertThatExceptionOfType(RowConversionException.class).isThrownBy(() -> row.getDecimalUnscaled(0, 5, 2));
    }

    @Test
    void shouldCompareByContent() {
        final GenericRow row = GenericRow.fromData(1, "a", new byte[] {1}, Instant.EPOCH);
        final GenericRow same = GenericRow.fromData("formerly", 7L, 8, TimestampLtz.ofEpochMillis(9, 9));
        same.setInt(0, 1);
        same.setString(1, "a");
        same.setBytes(2, new byte[] {1});
        same.setTimestampLtz(3, TimestampLtz.ofEpochMillis(0));

        assertThat(same).isEqualTo(row).hasSameHashCodeAs(row);
        same.setInt(0, 2);
        assertThat(same).isNotEqualTo(row);
        assertThat(GenericRow.fromData(1L)).isNotEqualTo(GenericRow.fromData(1));
        assertThat(GenericRow.fromData(1)).isNotEqualTo(GenericRow.fromData(1, null));
        assertThat(GenericRow.fromData(TimestampLtz.ofEpochMillis(1, 1)))
                .isNotEqualTo(GenericRow.fromData(TimestampLtz.ofEpochMillis(1, 2)));
    }

    @Test
    void shouldPrintItsValues() {
        final GenericRow row = GenericRow.fromData(
                42, "EURUSD", null, new byte[] {10, -1}, LocalDate.EPOCH, Instant.EPOCH, new BigDecimal("1.50"));

        assertThat(row).hasToString("(42, EURUSD, null, 0x0aff, 1970-01-01, 1970-01-01T00:00:00Z, 1.50)");
    }

    @Test
    void shouldAllocateNothingForPrimitivesWhenReused() {
        final GenericRow row = new GenericRow(9);
        final UnsafeBuffer target = OffHeap.wrap(new byte[64]);
        final List<String> symbols = List.of("EURUSD", "h\u00e9llo", "a symbol longer than eight");
        long sum = setAndRead(row, target, symbols, 20_000);

        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long before = threads.getCurrentThreadAllocatedBytes();
        sum += setAndRead(row, target, symbols, 100_000);
        final long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(sum).isNotZero();
        assertThat(allocated / 100_000.0).as("bytes a row").isLessThan(0.1);
    }

    private static long setAndRead(
            final GenericRow row, final UnsafeBuffer target, final List<String> symbols, final int rows) {
        long sum = 0;
        for (int i = 0; i < rows; i++) {
            row.setLong(0, i);
            row.setString(1, symbols.get(i % symbols.size()));
            row.setDouble(2, i * 0.5);
            row.setInt(3, i);
            row.setBoolean(4, (i & 1) == 0);
            row.setEpochMillis(5, i);
            row.setDecimalUnscaled(6, i);
            row.setEpochDay(7, i);
            row.setNull(8);
            sum += row.getLong(0)
                    + row.copyString(1, target, 0, 64)
                    + (long) row.getDouble(2)
                    + row.getInt(3)
                    + (row.getBoolean(4) ? 1 : 0)
                    + row.getEpochMillis(5, 3)
                    + row.getDecimalUnscaled(6, 18, 2)
                    + row.getEpochDay(7)
                    + (row.isNullAt(8) ? 1 : 0);
        }
        return sum;
    }

    @Test
    void shouldCopyTextAndBytesIn() {
        final MutableDirectBuffer source = OffHeap.wrap("xxUSD €xx".getBytes(StandardCharsets.UTF_8));
        final GenericRow row = new GenericRow(2);
        row.setUtf8(0, source, 2, 7);
        row.setBytes(1, source, 2, 3);
        source.setMemory(0, source.capacity(), (byte) 0);

        assertThat(row.getString(0)).isEqualTo("USD €");
        assertThat(row.getField(0)).isEqualTo("USD €");
        assertThat(row.getBytes(1)).containsExactly('U', 'S', 'D');
        assertThat(row).hasToString("(USD €, 0x555344)");
        final MutableDirectBuffer target = OffHeap.wrap(new byte[8]);
        assertThat(row.copyString(0, target, 1, 7)).isEqualTo(7);
        assertThat(target.getStringWithoutLengthUtf8(1, 7)).isEqualTo("USD €");
        assertThat(row.copyBytes(1, target, 0, 2)).as("too long for the room").isEqualTo(3);
        row.wrapString(0, target);
        assertThat(target.capacity()).isEqualTo(7);
        assertThatThrownBy(() -> row.getBytes(0))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("holds UTF-8");

        final GenericRow same = new GenericRow(2);
        final MutableDirectBuffer again = OffHeap.wrap("USD €".getBytes(StandardCharsets.UTF_8));
        same.setUtf8(0, again, 0, 7);
        same.setBytes(1, again, 0, 3);
        assertThat(row).isEqualTo(same).hasSameHashCodeAs(same);
        same.setUtf8(0, again, 0, 3);
        assertThat(row).isNotEqualTo(same);
        assertThatThrownBy(() -> row.setUtf8(0, again, 5, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(row.getString(0)).isEqualTo("USD €");
    }
}
