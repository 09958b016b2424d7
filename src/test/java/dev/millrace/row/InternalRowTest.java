package dev.millrace.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.internal.memory.OffHeap;
import java.time.LocalDate;
import java.time.LocalTime;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class InternalRowTest {
    /** An application's own object, with the getters its table needs and no more. */
    private record Tick(long epochMillis, String symbol, int volume, byte[] tag) implements InternalRow {
        @Override
        public int fieldCount() {
            return 4;
        }

        @Override
        public long getEpochMillis(final int pos, final int precision) {
            return epochMillis;
        }

        @Override
        public String getString(final int pos) {
            return symbol;
        }

        @Override
        public int getInt(final int pos) {
            return volume;
        }

        @Override
        public byte[] getBytes(final int pos) {
            return tag;
        }
    }

    private final InternalRow row = new Tick(1_700_000_000_123L, "\u20acUSD", 7, new byte[] {1, 2, 3});

    @Test
    void shouldDeriveOtherFormsFromThoseImplemented() {
        assertThat(row.isNullAt(0)).isFalse();
        assertThat(row.getTimestampLtz(0, 3)).isEqualTo(TimestampLtz.ofEpochMillis(1_700_000_000_123L));
        assertThat(row.getTimestampNtz(0, 3)).isEqualTo(TimestampNtz.ofEpochMillis(1_700_000_000_123L));
        assertThat(row.getNanoOfMillis(0, 9)).isZero();
        assertThat(row.getChar(1, 4)).isEqualTo("\u20acUSD");
        assertThat(row.getEpochDay(2)).isEqualTo(7);
        assertThat(row.getDate(2)).isEqualTo(LocalDate.of(1970, 1, 8));
        assertThat(row.getMillisOfDay(2)).isEqualTo(7);
        assertThat(row.getTime(2)).isEqualTo(LocalTime.of(0, 0, 0, 7_000_000));
        assertThat(row.getBinary(3, 3)).containsExactly(1, 2, 3);
    }

    @Test
    void shouldWrapAndCopyBytes() {
        final UnsafeBuffer view = OffHeap.flyweight();
        row.wrapString(1, view);
        assertThat(view.getStringWithoutLengthUtf8(0, view.capacity())).isEqualTo("\u20acUSD");
        row.wrapBytes(3, view);
        assertThat(view.capacity()).isEqualTo(3);

        final UnsafeBuffer target = OffHeap.wrap(new byte[16]);
        assertThat(row.copyString(1, target, 2, 14)).isEqualTo(6);
        assertThat(target.getStringWithoutLengthUtf8(2, 6)).isEqualTo("\u20acUSD");
        assertThat(row.copyString(1, target, 2, 5)).isEqualTo(6);
        assertThat(row.copyBytes(3, target, 13, 3)).isEqualTo(3);
        assertThat(target.getByte(15)).isEqualTo((byte) 3);
        assertThat(row.copyBytes(3, target, 15, 1)).isEqualTo(3);
        assertThat(target.getByte(15)).isEqualTo((byte) 3);
    }

    @Test
    void shouldSayWhichGetterIsMissing() {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> row.getDouble(2))
                .withMessage(Tick.class.getName() + " does not implement getDouble, called for position 2");
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> row.getDecimalUnscaled(3, 10, 2))
                .withMessageContaining("getDecimal, called for position 3");
    }
}
