package dev.millrace.internal.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.memory.OffHeap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PartitionCacheTest {
    private static final long SEED = 20261124;

    private final PartitionCache<Object> cache = new PartitionCache<>();

    @Test
    void shouldFindEachOfManyByItsBytesAndNoOther() {
        final Random random = new Random(SEED);
        final List<UnsafeBuffer> keys = new ArrayList<>();
        final List<Object> partitions = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            // Of all lengths, and the last four bytes distinct; what follows the key must not matter.
            final byte[] bytes = new byte[i % 20 + 4 + 3];
            random.nextBytes(bytes);
            final UnsafeBuffer key = OffHeap.wrap(bytes);
            key.putInt(bytes.length - 7, i);
            keys.add(key);
            partitions.add(new Object());
            assertThat(get(key)).as("seed %d, %d", SEED, i).isNull();
            cache.put(key, key.capacity() - 3, partitions.get(i));
        }
        for (int i = 0; i < 1_000; i++) {
            keys.get(i).putByte(keys.get(i).capacity() - 1, (byte) 7);
            assertThat(get(keys.get(i))).as("seed %d, %d", SEED, i).isSameAs(partitions.get(i));
        }
        final Object another = new Object();
        cache.put(keys.get(3), keys.get(3).capacity() - 3, another);
        assertThat(get(keys.get(3))).isSameAs(another);
        cache.put(keys.get(4), keys.get(4).capacity() - 3, another);
        cache.remove(another);
        assertThat(get(keys.get(3))).isNull();
        assertThat(get(keys.get(4))).isNull();
        assertThat(get(keys.get(5))).isSameAs(partitions.get(5));
    }

    private @Nullable Object get(final UnsafeBuffer key) {
        return cache.get(key, key.capacity() - 3);
    }

    /** What was entered once is found by everybody, whatever is entered and taken out beside it. */
    @Test
    void shouldAlwaysFindWhatStaysWhileOthersComeAndGo() throws Exception {
        final UnsafeBuffer[] keys = new UnsafeBuffer[64];
        final Object stays = new Object();
        for (int i = 0; i < keys.length; i++) {
            keys[i] = OffHeap.wrap(new byte[Integer.BYTES]);
            keys[i].putInt(0, i);
            cache.put(keys[i], Integer.BYTES, stays);
        }
        final AtomicInteger missed = new AtomicInteger();
        final CountDownLatch reading = new CountDownLatch(2);
        final List<Thread> readers = new ArrayList<>();
        final Thread changer = Thread.ofPlatform().unstarted(() -> {
            final UnsafeBuffer key = OffHeap.wrap(new byte[Integer.BYTES]);
            for (int round = 0; round < 20; round++) {
                final Object goes = new Object();
                for (int i = 1_000; i < 1_300; i++) {
                    key.putInt(0, i * 31);
                    cache.put(key, Integer.BYTES, goes);
                }
                cache.remove(goes);
            }
        });
        for (int reader = 0; reader < 2; reader++) {
            readers.add(Thread.ofPlatform().start(() -> {
                reading.countDown();
                do {
                    for (final UnsafeBuffer key : keys) {
                        if (cache.get(key, Integer.BYTES) != stays) {
                            missed.incrementAndGet();
                        }
                    }
                } while (changer.isAlive());
            }));
        }
        changer.start();
        reading.await();
        changer.join();
        for (final Thread reader : readers) {
            reader.join();
        }
        assertThat(missed).hasValue(0);
    }
}
