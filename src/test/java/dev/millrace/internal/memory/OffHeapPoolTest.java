package dev.millrace.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OffHeapPoolTest {
    private static final int PAGE = OffHeapPool.PAGE_LENGTH;
    private final OffHeapPool pool = new OffHeapPool("test pool", 8 * PAGE, 4 * PAGE);

    @AfterEach
    void closePool() {
        pool.close();
        assertThat(pool.outstandingBytes()).isZero();
    }

    @Test
    void shouldCountWholePagesAndReturnToZero() {
        final Block block = acquireNow(PAGE + 1);
        assertThat(block.length()).isEqualTo(PAGE + 1);
        assertThat(pool.outstandingBytes()).isEqualTo(2 * PAGE);
        block.shrink(10);
        assertThat(pool.outstandingBytes()).isEqualTo(PAGE);
        assertThat(block.buffer().capacity()).isEqualTo(10);
        block.release();
        assertThat(pool.outstandingBytes()).isZero();
    }

    @Test
    void shouldRefuseASecondReleaseAndAccessAfterTheFirst() {
        final Block block = acquireNow(100);
        block.release();
        assertThatThrownBy(block::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("released twice");
        assertThatThrownBy(() -> block.buffer().getByte(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shouldNeverExceedTheBudgetAndNeverOverlap() {
        final Random random = new Random(7);
        final List<Block> held = new ArrayList<>();
        for (int round = 0; round < 20_000; round++) {
            if (random.nextBoolean() || held.isEmpty()) {
                final Block block = pool.tryAcquire(4 + random.nextInt(4 * PAGE));
                if (block != null) {
                    block.buffer().setMemory(0, block.length(), (byte) round);
                    block.buffer().putInt(0, round);
                    held.add(block);
                }
            } else {
                held.remove(random.nextInt(held.size())).release();
            }
            assertThat(pool.outstandingBytes()).isLessThanOrEqualTo(pool.budgetBytes());
        }
        // Each block still holds its own mark: no two share a byte.
        assertThat(held.stream().map(block -> block.buffer().getInt(0)).distinct())
                .hasSameSizeAs(held);
        held.forEach(Block::release);
    }

    @Test
    void shouldReplaceEmptyChunksByALargerOne() {
        acquireNow(PAGE).release();
        final Block large = acquireNow(8 * PAGE);
        assertThat(pool.tryAcquire(1)).isNull();
        large.release();
    }

    @Test
    void shouldRefuseWhatCanNeverFit() {
        assertThatThrownBy(() -> pool.tryAcquire(8 * PAGE + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("test pool")
                .hasMessageContaining(String.valueOf(8 * PAGE));
    }

    @Test
    void shouldReturnNullAtTheDeadline() throws Exception {
        final Block all = acquireNow(8 * PAGE);
        final long start = System.nanoTime();
        assertThat(pool.acquire(1, start + TimeUnit.MILLISECONDS.toNanos(20))).isNull();
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
        all.release();
        acquireNow(8 * PAGE).release();
    }

    @Test
    void shouldServeWaitersInTheirOrder() throws Exception {
        final Block all = acquireNow(8 * PAGE);
        final List<String> order = new ArrayList<>();
        final Thread large = waiterFor(8 * PAGE, "large", order, 1);
        final Thread small = waiterFor(PAGE, "small", order, 2);
        assertThat(pool.tryAcquire(1)).as("nobody overtakes those who wait").isNull();
        all.release();
        large.join();
        small.join();
        assertThat(order).containsExactly("large", "small");
    }

    @Test
    void shouldLoseNothingWhenAWaiterIsInterrupted() throws Exception {
        final Block all = acquireNow(8 * PAGE);
        final Thread waiter = waiterFor(8 * PAGE, "never", new ArrayList<>(), 1);
        waiter.interrupt();
        waiter.join();
        assertThat(pool.isContended()).isFalse();
        all.release();
        acquireNow(8 * PAGE).release();
    }

    @Test
    void shouldWakeWaitersWhenClosedAndFreeLateBlocks() throws Exception {
        final Block all = acquireNow(8 * PAGE);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread waiter = Thread.ofVirtual().start(() -> {
            try {
                pool.acquire(1, System.nanoTime() + TimeUnit.SECONDS.toNanos(20));
            } catch (Exception e) {
                failure.set(e);
            }
        });
        awaitContention(1);
        pool.close();
        waiter.join();
        assertThat(failure.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> pool.tryAcquire(1)).isInstanceOf(IllegalStateException.class);
        all.release();
    }

    @Test
    void shouldTellWhenMemoryComesBack() throws Exception {
        final Block block = acquireNow(PAGE);
        final long seen = pool.releases();
        final CountDownLatch started = new CountDownLatch(1);
        final AtomicReference<Boolean> result = new AtomicReference<>();
        final Thread observer = Thread.ofVirtual().start(() -> {
            started.countDown();
            try {
                result.set(pool.awaitRelease(seen, System.nanoTime() + TimeUnit.SECONDS.toNanos(20)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        started.await();
        block.release();
        observer.join();
        assertThat(result.get()).isTrue();
        assertThat(pool.awaitRelease(pool.releases(), System.nanoTime() + 1_000))
                .isFalse();
    }

    private Block acquireNow(final int length) {
        final Block block = pool.tryAcquire(length);
        assertThat(block).isNotNull();
        return block;
    }

    private Thread waiterFor(final int length, final String name, final List<String> order, final int position)
            throws InterruptedException {
        final Thread thread = Thread.ofVirtual().start(() -> {
            try {
                final Block block = pool.acquire(length, System.nanoTime() + TimeUnit.SECONDS.toNanos(20));
                synchronized (order) {
                    order.add(name);
                }
                if (block != null) {
                    block.release();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        awaitContention(position);
        return thread;
    }

    private void awaitContention(final int count) throws InterruptedException {
        while (!pool.toString().contains("waiting=" + count)) {
            Thread.onSpinWait();
        }
    }
}
