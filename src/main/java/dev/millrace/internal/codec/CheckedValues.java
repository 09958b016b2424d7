package dev.millrace.internal.codec;

import dev.millrace.row.TypedValues;
import java.math.BigInteger;
import org.agrona.DirectBuffer;

/** Reads values that are to be written, and refuses those that their type cannot hold. Stateless. */
final class CheckedValues {
    private static final int MILLIS_PER_DAY = 86_400_000;
    private static final int NANOS_PER_MILLI = 1_000_000;

    private CheckedValues() {}

    static int millisOfDay(final TypedValues values, final int pos) {
        final int millis = values.getMillisOfDay(pos);
        if (millis < 0 || millis >= MILLIS_PER_DAY) {
            throw new Misfit(millis + " milliseconds of the day");
        }
        return millis;
    }

    static int nanoOfMillis(final TypedValues values, final int pos, final ValueType type) {
        final int nanos = values.getNanoOfMillis(pos, type.precision);
        if (nanos < 0 || nanos >= NANOS_PER_MILLI) {
            throw new Misfit(nanos + " nanoseconds of the millisecond");
        }
        return nanos;
    }

    static long compactDecimal(final TypedValues values, final int pos, final ValueType type) {
        final long unscaled = values.getDecimalUnscaled(pos, type.precision, type.scale);
        if (!DecimalBytes.fits(unscaled, type.precision)) {
            throw new Misfit("a decimal of unscaled value " + unscaled);
        }
        return unscaled;
    }

    /** Two's complement, big-endian, as short as possible. */
    static byte[] decimal(final TypedValues values, final int pos, final ValueType type) {
        final BigInteger unscaled = values.getDecimal(pos, type.precision, type.scale)
                .rescale(type.precision, type.scale)
                .unscaledValue();
        if (!DecimalBytes.fits(unscaled, type.precision)) {
            throw new Misfit("a decimal of unscaled value " + unscaled);
        }
        return unscaled.toByteArray();
    }

    /** Checks UTF-8 that was just written against CHAR(n); STRING takes all. */
    static void checkCharacters(final DirectBuffer buffer, final int at, final int length, final ValueType type) {
        if (type.kind != ValueKind.CHAR || length <= type.length) {
            return;
        }
        int characters = 0;
        for (int i = 0; i < length; i++) {
            // Every byte but the continuation bytes 10xxxxxx begins a character.
            if ((buffer.getByte(at + i) & 0xC0) != 0x80) {
                characters++;
            }
        }
        if (characters > type.length) {
            throw new Misfit("a String of " + characters + " characters");
        }
    }

    /** Checks the length of bytes against BINARY(n); BYTES take all. */
    static void checkBytes(final int length, final ValueType type) {
        if (type.kind == ValueKind.BINARY && length > type.length) {
            throw new Misfit("a value of " + length + " bytes");
        }
    }
}
