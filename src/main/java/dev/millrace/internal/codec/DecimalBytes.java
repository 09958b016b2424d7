package dev.millrace.internal.codec;

import java.math.BigInteger;

/** The bounds of decimals by precision. */
final class DecimalBytes {
    /** The largest precision whose unscaled values all fit 64 bits. */
    static final int MAX_COMPACT_PRECISION = 18;

    /** The most bytes that an unscaled value of 38 digits takes. */
    static final int MAX_LENGTH = 16;

    private static final long[] LONG_LIMITS = new long[MAX_COMPACT_PRECISION + 1];
    private static final BigInteger[] LIMITS = new BigInteger[39];

    static {
        for (int precision = 0; precision < LIMITS.length; precision++) {
            LIMITS[precision] = BigInteger.TEN.pow(precision);
            if (precision <= MAX_COMPACT_PRECISION) {
                LONG_LIMITS[precision] = LIMITS[precision].longValueExact();
            }
        }
    }

    private DecimalBytes() {}

    static boolean fits(final long unscaled, final int precision) {
        final long limit = LONG_LIMITS[precision];
        return unscaled < limit && unscaled > -limit;
    }

    static boolean fits(final BigInteger unscaled, final int precision) {
        return unscaled.abs().compareTo(LIMITS[precision]) < 0;
    }
}
