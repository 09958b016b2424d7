package dev.millrace.testkit;

import java.lang.reflect.Field;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.memory.AllocationManager;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.DefaultAllocationManagerOption;
import org.apache.arrow.memory.unsafe.UnsafeAllocationManager;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Counts what all Arrow allocators of the JVM hold. Arrow keeps no list of its root allocators, so this takes the place
 * of its default source of memory.
 */
final class CountedArrowMemory extends AllocationManager {
    private static final AtomicLong OUTSTANDING = new AtomicLong();

    private static final AllocationManager.Factory FACTORY = new AllocationManager.Factory() {
        @Override
        public AllocationManager create(BufferAllocator allocator, long size) {
            return new CountedArrowMemory(allocator, size);
        }

        @Override
        public ArrowBuf empty() {
            return UnsafeAllocationManager.FACTORY.empty();
        }
    };

    private final long address;
    private final long size;

    private CountedArrowMemory(BufferAllocator allocator, long size) {
        super(allocator);
        this.address = MemoryUtil.allocateMemory(size);
        this.size = size;
        OUTSTANDING.addAndGet(size);
    }

    /** Must come before the JVM's first allocator, which reads the default once. */
    static void install() {
        try {
            Field factory = DefaultAllocationManagerOption.class.getDeclaredField("DEFAULT_ALLOCATION_MANAGER_FACTORY");
            factory.setAccessible(true);
            factory.set(null, FACTORY);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Arrow version keeps its default allocation manager elsewhere", e);
        }
    }

    static long outstandingBytes() {
        return OUTSTANDING.get();
    }

    @Override
    public long getSize() {
        return size;
    }

    @Override
    protected long memoryAddress() {
        return address;
    }

    @Override
    protected void release0() {
        MemoryUtil.freeMemory(address);
        OUTSTANDING.addAndGet(-size);
    }
}
