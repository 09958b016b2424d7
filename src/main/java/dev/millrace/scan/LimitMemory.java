package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.memory.SharedBlock;

/** Waits for read memory on behalf of one who has to have it. */
final class LimitMemory {
    private LimitMemory() {}

    /**
     * Takes a block, waiting for it until the deadline at most.
     *
     * @param where what it is for, for messages.
     * @throws BufferExhaustedException none came free in time, or none ever can.
     * @throws FlussInterruptedException interrupted; the flag is set again.
     */
    static SharedBlock take(final ReadMemory memory, final int length, final long deadlineNs, final String where) {
        if (length > memory.budgetBytes()) {
            throw new BufferExhaustedException(
                    where + ": " + length + " bytes are needed, and all memory for reading is " + memory.budgetBytes()
                            + " (scannerBufferMemorySize)");
        }
        final SharedBlock block;
        try {
            block = memory.take(length, deadlineNs);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FlussInterruptedException(where + ": interrupted while waiting for memory");
        }
        if (block == null) {
            throw new BufferExhaustedException(where + ": no " + length + " bytes of the " + memory.budgetBytes()
                    + " for reading (scannerBufferMemorySize) came free in time; close results that are done with");
        }
        return block;
    }
}
