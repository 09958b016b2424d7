package dev.millrace.row;

import java.nio.ByteOrder;
import org.agrona.MutableDirectBuffer;

/**
 * Encodes a {@code String} as UTF-8 straight into a buffer, without an array between them. The bytes are those of
 * {@code getBytes(UTF_8)}: a surrogate without its partner becomes a question mark. Stateless.
 */
final class Utf8 {
    private static final int ASCII_LIMIT = 0x80;
    private static final int TWO_BYTE_LIMIT = 0x800;

    private Utf8() {}

    /**
     * Encodes the whole value if it fits.
     *
     * @return the length of the value in bytes. If it is above {@code maxLength}, the value is not in the target, the
     *     content of the range is unspecified, and nothing beyond the range was touched.
     */
    static int encode(final String value, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int charCount = value.length();
        // No value has fewer bytes than chars, so that within this check the ASCII loops need none of their own.
        if (charCount > maxLength) {
            return encodedLength(value, 0, 0);
        }
        int i = 0;
        // Eight at a time: the buffer's bounds check, which costs more than the store, is paid once for eight chars.
        for (final int lastFullBlock = charCount - Long.BYTES; i <= lastFullBlock; i += Long.BYTES) {
            final char c0 = value.charAt(i);
            final char c1 = value.charAt(i + 1);
            final char c2 = value.charAt(i + 2);
            final char c3 = value.charAt(i + 3);
            final char c4 = value.charAt(i + 4);
            final char c5 = value.charAt(i + 5);
            final char c6 = value.charAt(i + 6);
            final char c7 = value.charAt(i + 7);
            if ((c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7) >= ASCII_LIMIT) {
                return encodeAny(value, i, target, offset, maxLength);
            }
            final int low = c0 | c1 << 8 | c2 << 16 | c3 << 24;
            final int high = c4 | c5 << 8 | c6 << 16 | c7 << 24;
            target.putLong(offset + i, (long) high << 32 | low, ByteOrder.LITTLE_ENDIAN);
        }
        if (i <= charCount - Integer.BYTES) {
            final char c0 = value.charAt(i);
            final char c1 = value.charAt(i + 1);
            final char c2 = value.charAt(i + 2);
            final char c3 = value.charAt(i + 3);
            if ((c0 | c1 | c2 | c3) >= ASCII_LIMIT) {
                return encodeAny(value, i, target, offset, maxLength);
            }
            target.putInt(offset + i, c0 | c1 << 8 | c2 << 16 | c3 << 24, ByteOrder.LITTLE_ENDIAN);
            i += Integer.BYTES;
        }
        for (; i < charCount; i++) {
            final char c = value.charAt(i);
            if (c >= ASCII_LIMIT) {
                return encodeAny(value, i, target, offset, maxLength);
            }
            target.putByte(offset + i, (byte) c);
        }
        return charCount;
    }

    /** Goes on at {@code from}, before which all was ASCII. */
    private static int encodeAny(
            final String value,
            final int from,
            final MutableDirectBuffer target,
            final int offset,
            final int maxLength) {
        final int charCount = value.length();
        int length = from;
        for (int i = from; i < charCount; i++) {
            final char c = value.charAt(i);
            final boolean isPair = isPairAt(value, i);
            final int byteCount = isPair ? 4 : byteCount(c);
            if (length + byteCount > maxLength) {
                return encodedLength(value, i, length);
            }
            final int at = offset + length;
            switch (byteCount) {
                case 1 -> target.putByte(at, c < ASCII_LIMIT ? (byte) c : (byte) '?');
                case 2 -> {
                    target.putByte(at, (byte) (0xC0 | c >> 6));
                    target.putByte(at + 1, (byte) (0x80 | c & 0x3F));
                }
                case 3 -> {
                    target.putByte(at, (byte) (0xE0 | c >> 12));
                    target.putByte(at + 1, (byte) (0x80 | c >> 6 & 0x3F));
                    target.putByte(at + 2, (byte) (0x80 | c & 0x3F));
                }
                default -> {
                    final int codePoint = Character.toCodePoint(c, value.charAt(i + 1));
                    target.putByte(at, (byte) (0xF0 | codePoint >> 18));
                    target.putByte(at + 1, (byte) (0x80 | codePoint >> 12 & 0x3F));
                    target.putByte(at + 2, (byte) (0x80 | codePoint >> 6 & 0x3F));
                    target.putByte(at + 3, (byte) (0x80 | codePoint & 0x3F));
                    i++;
                }
            }
            length += byteCount;
        }
        return length;
    }

    /** The bytes of the whole value, of which {@code lengthBefore} are those of the chars before {@code from}. */
    private static int encodedLength(final String value, final int from, final int lengthBefore) {
        final int charCount = value.length();
        long length = lengthBefore;
        for (int i = from; i < charCount; i++) {
            if (isPairAt(value, i)) {
                length += 4;
                i++;
            } else {
                length += byteCount(value.charAt(i));
            }
        }
        // What no int holds fits no buffer either; the largest int says so as well.
        return (int) Math.min(length, Integer.MAX_VALUE);
    }

    private static boolean isPairAt(final String value, final int i) {
        return Character.isHighSurrogate(value.charAt(i))
                && i + 1 < value.length()
                && Character.isLowSurrogate(value.charAt(i + 1));
    }

    /** For a char that is not the first of a surrogate pair. */
    private static int byteCount(final char c) {
        if (c < ASCII_LIMIT) {
            return 1;
        }
        if (c < TWO_BYTE_LIMIT) {
            return 2;
        }
        return Character.isSurrogate(c) ? 1 : 3;
    }
}
