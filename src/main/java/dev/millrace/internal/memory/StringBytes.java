package dev.millrace.internal.memory;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.UnsafeApi;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the bytes that a {@code String} holds. The JDK keeps text whose chars are all below 256 as one byte a char, and
 * to ask for char after char costs several times what it takes to copy them.
 *
 * <p>These are fields that the JDK may change. So they are looked at only if they are there, have the types they should,
 * and hold what they should for two texts; otherwise there is nothing to see, which is no error. Stateless.
 */
public final class StringBytes {
    private static final byte LATIN_1 = 0;

    // Both 0, which no field has, if this JVM does not show them.
    private static final long VALUE;
    private static final long CODER;

    static {
        // Before Agrona's class is linked.
        OffHeap.ensureAvailable();
        final boolean shown = areShown();
        VALUE = shown ? offsetOf("value") : 0;
        CODER = shown ? offsetOf("coder") : 0;
    }

    private StringBytes() {}

    /**
     * The chars of a text as bytes.
     *
     * @return one byte a char, not to be changed; null if the text has another form or this JVM does not show it.
     */
    public static byte @Nullable [] latin1(final String text) {
        return VALUE != 0 && UnsafeApi.getByte(text, CODER) == LATIN_1
                ? (byte[]) UnsafeApi.getReference(text, VALUE)
                : null;
    }

    private static boolean areShown() {
        try {
            final String ascii = "abcdefg";
            return String.class.getDeclaredField("value").getType() == byte[].class
                    && String.class.getDeclaredField("coder").getType() == byte.class
                    && UnsafeApi.getByte(ascii, offsetOf("coder")) == LATIN_1
                    && UnsafeApi.getByte("\u20ac", offsetOf("coder")) != LATIN_1
                    && Arrays.equals(
                            (byte[]) UnsafeApi.getReference(ascii, offsetOf("value")),
                            ascii.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchFieldException | RuntimeException | LinkageError | InternalError e) {
            return false;
        }
    }

    private static long offsetOf(final String field) {
        return UnsafeApi.objectFieldOffset(String.class, field);
    }
}
