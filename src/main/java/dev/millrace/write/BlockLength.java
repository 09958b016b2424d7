package dev.millrace.write;

/**
 * How long a block for the next batch shall be: longer after batches that were full, shorter after those that were not.
 *
 * <p>For any number of threads. A change that is lost among them costs one batch of another length, no more.
 */
final class BlockLength {
    private static final int MIN = 16 * 1024;

    private final int most;
    private volatile int bytes;

    /** @param most how long it may become. */
    BlockLength(final int most) {
        this.most = most;
        this.bytes = Math.min(most, 2 * MIN);
    }

    int bytes() {
        return bytes;
    }

    /** A batch has ended, for lack of room or for another reason. */
    void observe(final boolean full) {
        final int last = bytes;
        bytes = full ? (int) Math.min(most, last * 2L) : Math.max(Math.min(MIN, most), last / 2);
    }
}
