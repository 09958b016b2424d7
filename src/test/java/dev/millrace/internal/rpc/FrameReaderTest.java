package dev.millrace.internal.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.CorruptDataException;
import dev.millrace.support.TornChannel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {
    private static final int MAX_FRAME_LENGTH = 1 << 20;

    private record Frame(int type, int requestId, byte[] body) {}

    private static List<Frame> frames(final Random random) {
        final List<Frame> frames = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            final byte[] body = new byte[random.nextInt(5) == 0 ? random.nextInt(200_000) : random.nextInt(40)];
            random.nextBytes(body);
            frames.add(new Frame(random.nextInt(3), random.nextInt(), body));
        }
        return frames;
    }

    private static byte[] bytes(final List<Frame> frames) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final DataOutputStream out = new DataOutputStream(bytes);
        for (final Frame frame : frames) {
            out.writeInt(frame.body.length + (frame.type == ResponseLayout.SERVER_FAILURE ? 1 : 5));
            out.writeByte(frame.type);
            if (frame.type != ResponseLayout.SERVER_FAILURE) {
                out.writeInt(frame.requestId);
            }
            out.write(frame.body);
        }
        return bytes.toByteArray();
    }

    private static ReadableByteChannel channel(final byte... bytes) {
        return Channels.newChannel(new ByteArrayInputStream(bytes));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldReadFramesHoweverTheyAreTorn(final long seed) throws IOException {
        final Random random = new Random(seed);
        final List<Frame> frames = frames(random);
        for (final boolean torn : new boolean[] {false, true}) {
            final ReadableByteChannel whole = channel(bytes(frames));
            try (FrameReader reader = new FrameReader(torn ? new TornChannel(whole, seed) : whole, MAX_FRAME_LENGTH)) {
                for (final Frame frame : frames) {
                    assertThat(reader.next()).as("seed %d", seed).isTrue();
                    assertThat(reader.type()).isEqualTo(frame.type);
                    assertThat(reader.bodyLength()).isEqualTo(frame.body.length);
                    if (frame.type != ResponseLayout.SERVER_FAILURE) {
                        assertThat(reader.requestId()).isEqualTo(frame.requestId);
                    }
                    take(reader, frame, random.nextInt(3), seed);
                }
                assertThat(reader.next()).isFalse();
            }
        }
    }

    /** Hands out what has come by now, at 100 bytes a microsecond; waits for 8 KiB, as a sender's writes are. */
    private static final class SteadyChannel implements ReadableByteChannel {
        private static final int PIECE = 8 * 1024;

        private final ReadableByteChannel source;
        private final long startNs = System.nanoTime();
        private long taken;
        private int reads;

        SteadyChannel(final byte... bytes) {
            source = channel(bytes);
        }

        private long waiting() {
            return (System.nanoTime() - startNs) / 10 - taken;
        }

        @Override
        public int read(final ByteBuffer target) throws IOException {
            while (waiting() < PIECE) {
                Thread.onSpinWait();
            }
            final int limit = target.limit();
            target.limit((int) Math.min(limit, target.position() + waiting() / PIECE * PIECE));
            final int count = source.read(target);
            target.limit(limit);
            taken += count;
            reads++;
            return count;
        }

        @Override
        public boolean isOpen() {
            return source.isOpen();
        }

        @Override
        public void close() throws IOException {
            source.close();
        }
    }

    @Test
    void shouldReadALongBodyInFewerPiecesThanItComesIn() throws IOException {
        final byte[] body = new byte[1_000_000];
        new Random(7).nextBytes(body);
        final SteadyChannel channel = new SteadyChannel(bytes(List.of(new Frame(ResponseLayout.SUCCESS, 1, body))));
        try (FrameReader reader = new FrameReader(channel, MAX_FRAME_LENGTH)) {
            assertThat(reader.next()).isTrue();
            final ByteBuffer target = ByteBuffer.allocateDirect(body.length);
            reader.readBody(target);

            assertThat(target).isEqualTo(ByteBuffer.wrap(body));
            // 10 ms in pauses of at least 200 us, and some short ones before the end; 123 pieces came.
            assertThat(channel.reads).isLessThan(90);
        }
    }

    private static void take(final FrameReader reader, final Frame frame, final int way, final long seed)
            throws IOException {
        if (way == 0) {
            reader.skipBody();
        } else {
            final int capacity = frame.body.length + 5;
            final ByteBuffer target = way == 1 ? ByteBuffer.allocate(capacity) : ByteBuffer.allocateDirect(capacity);
            target.position(3);
            reader.readBody(target);
            assertThat(target.position()).isZero();
            final byte[] body = new byte[target.remaining()];
            target.get(body);
            assertThat(Arrays.equals(body, frame.body)).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void shouldNoticeAStreamThatEndsAnywhereButBetweenFrames() throws IOException {
        final byte[] bytes = bytes(List.of(
                new Frame(0, 7, new byte[] {1, 2, 3}), new Frame(2, 0, new byte[] {4}), new Frame(1, 8, new byte[0])));
        final List<Integer> ends = List.of(0, 12, 18, 27);
        for (int length = 0; length <= bytes.length; length++) {
            try (FrameReader reader = new FrameReader(channel(Arrays.copyOf(bytes, length)), MAX_FRAME_LENGTH)) {
                if (ends.contains(length)) {
                    readAll(reader);
                } else {
                    assertThatThrownBy(() -> readAll(reader))
                            .as("cut at %d", length)
                            .isInstanceOf(EOFException.class);
                }
            }
        }
    }

    @Test
    void shouldMeetDamageWithAnExceptionAndNoGreatAllocation() throws IOException {
        final long seed = 0xDA3A6E;
        final Random random = new Random(seed);
        final byte[] sound = bytes(frames(random).subList(0, 12));
        for (int i = 0; i < 3_000; i++) {
            final byte[] bytes = Arrays.copyOf(sound, 1 + random.nextInt(Math.min(sound.length, 4_000)));
            for (int n = random.nextInt(4); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try (FrameReader reader = new FrameReader(channel(bytes), MAX_FRAME_LENGTH)) {
                readAll(reader);
            } catch (final CorruptDataException | EOFException expected) {
                assertThat(expected.getMessage())
                        .as("seed %d, round %d", seed, i)
                        .isNotBlank();
            }
        }
    }

    private static void readAll(final FrameReader reader) throws IOException {
        while (reader.next()) {
            assertThat(reader.bodyLength()).isBetween(0, MAX_FRAME_LENGTH);
            reader.skipBody();
        }
    }
}
