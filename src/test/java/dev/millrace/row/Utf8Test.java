package dev.millrace.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.support.Cases;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class Utf8Test {
    private static final byte UNTOUCHED = 0x5A;
    private static final int MARGIN = 16;

    @Test
    void shouldEncodeAsTheJdkDoes() {
        final long seed = Cases.SEED;
        final Random random = new Random(seed);
        for (int i = 0; i < Cases.COUNT; i++) {
            final String value = randomText(random);
            final byte[] expected = value.getBytes(StandardCharsets.UTF_8);
            final UnsafeBuffer target = untouched(MARGIN + expected.length + MARGIN, random.nextBoolean());

            final int length = Utf8.encode(value, target, MARGIN, expected.length);
            final byte[] memory = bytes(target);

            assertThat(length).as("seed %d, round %d", seed, i).isEqualTo(expected.length);
            assertThat(Arrays.copyOfRange(memory, MARGIN, MARGIN + expected.length))
                    .as("seed %d, round %d", seed, i)
                    .isEqualTo(expected);
            assertUntouchedOutside(memory, expected.length);
        }
    }

    @Test
    void shouldTellTheLengthOfWhatDoesNotFitAndTouchNothingBeyond() {
        final long seed = Cases.SEED;
        final Random random = new Random(seed);
        for (int i = 0; i < Cases.COUNT; i++) {
            final String value = randomText(random) + "x";
            final int expectedLength = value.getBytes(StandardCharsets.UTF_8).length;
            final int room = random.nextInt(expectedLength);
            final UnsafeBuffer target = untouched(MARGIN + room + MARGIN, random.nextBoolean());

            final int length = Utf8.encode(value, target, MARGIN, room);
            final byte[] memory = bytes(target);

            assertThat(length).as("seed %d, round %d", seed, i).isEqualTo(expectedLength);
            assertUntouchedOutside(memory, room);
        }
    }

    @Test
    void shouldReplaceSurrogatesWithoutPartner() {
        assertThat(encode("\ud83d")).isEqualTo(bytes("?"));
        assertThat(encode("\udca9")).isEqualTo(bytes("?"));
        assertThat(encode("a\udca9\ud83db")).isEqualTo(bytes("a??b"));
        assertThat(encode("\ud83d\ud83d\udca9")).isEqualTo(bytes("?\ud83d\udca9"));
        assertThat(encode("12345678\ud83d")).isEqualTo(bytes("12345678?"));
    }

    @Test
    void shouldEncodeTheEdgesOfEveryLength() {
        for (final int codePoint : new int[] {0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF}) {
            final String value = Character.toString(codePoint);
            for (int before = 0; before <= 17; before++) {
                final String text = "a".repeat(before) + value + "b";
                assertThat(encode(text)).as("U+%X after %d", codePoint, before).isEqualTo(bytes(text));
            }
        }
    }

    @Test
    void shouldWriteNothingForAnEmptyText() {
        assertThat(Utf8.encode("", OffHeap.wrap(new byte[0]), 0, 0)).isZero();
    }

    /** To both kinds of memory, which must not differ. */
    private static byte[] encode(final String value) {
        final byte[] onHeap = encode(value, untouched(256, false));
        assertThat(encode(value, untouched(256, true))).isEqualTo(onHeap);
        return onHeap;
    }

    private static byte[] encode(final String value, final UnsafeBuffer target) {
        final int length = Utf8.encode(value, target, 3, 200);
        final byte[] encoded = new byte[length];
        target.getBytes(3, encoded);
        return encoded;
    }

    @Test
    void shouldRefuseMemoryShorterThanTheRoomItIsSaidToHave() {
        final UnsafeBuffer target = untouched(20, true);
        assertThatThrownBy(() -> Utf8.encode("a".repeat(15), target, 8, 15))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> Utf8.encode("abcd", target, -1, 15)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static byte[] bytes(final String value) {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    /** On the heap, or off it, where text of one byte a char is copied as the JVM holds it. */
    private static UnsafeBuffer untouched(final int length, final boolean offHeap) {
        final UnsafeBuffer memory =
                offHeap ? OffHeap.wrap(ByteBuffer.allocateDirect(length), 0, length) : OffHeap.wrap(new byte[length]);
        memory.setMemory(0, length, UNTOUCHED);
        return memory;
    }

    private static byte[] bytes(final UnsafeBuffer memory) {
        final byte[] bytes = new byte[memory.capacity()];
        memory.getBytes(0, bytes);
        return bytes;
    }

    private static void assertUntouchedOutside(final byte[] memory, final int room) {
        assertThat(Arrays.copyOfRange(memory, 0, MARGIN)).containsOnly(UNTOUCHED);
        assertThat(Arrays.copyOfRange(memory, MARGIN + room, memory.length)).containsOnly(UNTOUCHED);
    }

    /** Mostly ASCII with now and then something else, or all sorts, lone surrogates included. */
    private static String randomText(final Random random) {
        final int length = random.nextInt(40);
        final int strangers = random.nextInt(3) * 15;
        final StringBuilder text = new StringBuilder(length);
        while (text.length() < length) {
            if (random.nextInt(30) >= strangers) {
                text.append((char) random.nextInt(0x80));
            } else {
                switch (random.nextInt(5)) {
                    case 0 -> text.append((char) random.nextInt(0x80, 0x100));
                    case 1 -> text.append((char) random.nextInt(0x100, 0x800));
                    case 2 -> text.append((char) random.nextInt(0x800, 0x10000));
                    case 3 -> text.append((char) random.nextInt(0xD800, 0xE000));
                    default -> text.appendCodePoint(random.nextInt(0x10000, 0x110000));
                }
            }
        }
        return text.toString();
    }
}
