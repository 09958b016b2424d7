package dev.millrace.row;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.testkit.Cases;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.agrona.MutableDirectBuffer;
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
            final byte[] memory = untouched(MARGIN + expected.length + MARGIN);
            final MutableDirectBuffer target = OffHeap.wrap(memory);

            final int length = Utf8.encode(value, target, MARGIN, expected.length);

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
            final byte[] memory = untouched(MARGIN + room + MARGIN);

            final int length = Utf8.encode(value, OffHeap.wrap(memory), MARGIN, room);

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

    private static byte[] encode(final String value) {
        final UnsafeBuffer target = OffHeap.wrap(new byte[256]);
        final int length = Utf8.encode(value, target, 3, 200);
        final byte[] encoded = new byte[length];
        target.getBytes(3, encoded);
        return encoded;
    }

    private static byte[] bytes(final String value) {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] untouched(final int length) {
        final byte[] memory = new byte[length];
        Arrays.fill(memory, UNTOUCHED);
        return memory;
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
