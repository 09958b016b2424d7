package dev.millrace.internal.rpc;

import dev.millrace.internal.memory.SharedBlock;

/**
 * A response that arrived off-heap.
 *
 * @param block held for the one who gets this.
 * @param length of the response, which lies at the beginning of the block.
 */
public record ResponseBlock(SharedBlock block, int length) {}
