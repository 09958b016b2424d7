package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.support.TornChannel;
import dev.millrace.testkit.LeakCheck.Holdings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;

/** The guards must see what they guard against. */
class GuardsTest {

    /** Parks inside a static initializer, which pins on every JDK of today: the frame below it is native. */
    static final class PinsWhenInitialized {
        static {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }

        static void touch() {}

        private PinsWhenInitialized() {}
    }

    @Test
    void shouldSeePinnedVirtualThread() throws InterruptedException {
        try (PinningRecorder.Watch watch = new PinningRecorder.Watch()) {
            Thread.ofVirtual().start(PinsWhenInitialized::touch).join();
            assertThat(watch.stop("dev.millrace.testkit"))
                    .anySatisfy(stack -> assertThat(stack).contains("PinsWhenInitialized"));
        }
    }

    @Test
    void shouldLeaveThreadsPinnedByTheKitAlone() throws InterruptedException {
        try (PinningRecorder.Watch watch = new PinningRecorder.Watch()) {
            Thread.ofVirtual().start(() -> LockSupport.parkNanos(1_000)).join();
            assertThat(watch.stop("dev.millrace")).isEmpty();
        }
    }

    @Test
    void shouldSeeBlocksThatAreNotReleased() {
        Holdings before = Holdings.now();
        try (OffHeapPool pool = new OffHeapPool("guards", 1 << 20, 1 << 16)) {
            Block block = pool.tryAcquire(100);
            assertThat(block).isNotNull();
            assertThat(Holdings.settled(before, Duration.ofMillis(1)).exceeds(before))
                    .isTrue();
            block.release();
            assertThat(Holdings.settled(before, LeakCheck.PATIENCE).exceeds(before))
                    .isFalse();
        }
    }

    @Test
    void shouldSeeArrowBuffersThatAreNotClosed() {
        Holdings before = Holdings.now();
        try (BufferAllocator root = new RootAllocator();
                BufferAllocator child = root.newChildAllocator("child", 0, 1 << 20)) {
            ArrowBuf buffer = child.buffer(4096);
            assertThat(Holdings.now().arrowBytes()).isEqualTo(before.arrowBytes() + 4096);
            buffer.close();
            assertThat(Holdings.now()).isEqualTo(before);
        }
    }

    @Test
    void shouldSeeVirtualThreadsOfTheClient() throws InterruptedException {
        Holdings before = Holdings.now();
        Thread thread = Thread.ofVirtual()
                .name(LeakCheck.THREAD_PREFIX + "left-behind")
                .start(() -> LockSupport.parkNanos(TimeUnit.MINUTES.toNanos(1)));
        try {
            assertThat(Holdings.now().threads()).contains("millrace-left-behind");
        } finally {
            thread.interrupt();
            thread.join();
        }
        assertThat(Holdings.settled(before, LeakCheck.PATIENCE)).isEqualTo(before);
    }

    @Test
    void shouldTearEveryRead() throws IOException {
        byte[] bytes = new byte[500];
        try (TornChannel channel = new TornChannel(Channels.newChannel(new ByteArrayInputStream(bytes)), 42)) {
            ByteBuffer target = ByteBuffer.allocate(1000);
            int total = 0;
            for (int read = channel.read(target); read >= 0; read = channel.read(target)) {
                assertThat(read).as(channel.toString()).isBetween(1, 7);
                assertThat(target.limit()).isEqualTo(1000);
                total += read;
            }
            assertThat(total).isEqualTo(bytes.length);
            assertThat(target.position()).isEqualTo(bytes.length);
        }
    }
}
