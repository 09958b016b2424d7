package dev.millrace.internal.rpc;

import dev.millrace.internal.memory.SharedBlock;
import org.jspecify.annotations.Nullable;

/** Gives the memory for the response to one call. */
@FunctionalInterface
public interface ResponseMemory {
    /**
     * Takes a block now or not at all. Runs on the reader thread of the connection, so it must not block.
     *
     * @param length the length of the response, which may be 0 and is not checked any further.
     * @return at least so much, with this call as its only holder; null if there is no memory for it.
     */
    @Nullable SharedBlock tryTake(int length);
}
