package dev.millrace.scan;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One file of a {@link RemoteLog}, and how far it was read. Its parts arrive in the order of the file, one at a time; those of
 * a segment whose turn has not come wait here.
 *
 * <p>What changes is written by the {@link RemoteFetcher}'s thread under the lock of {@link LogFetcher}.
 */
final class RemoteSegment {
    private static final int FILE_NAME_DIGITS = 20;

    final String file;
    final long startOffset;
    /** Where the next segment begins. */
    final long endOffset;
    /** Of the whole file, in bytes. */
    final int length;

    /** What arrived and is still for the polling thread to get; it counts in the subscription's buffered bytes. */
    final ArrayDeque<FetchedLog> ready = new ArrayDeque<>();

    /** The byte at which the batch begins that is due. */
    int position;
    /** Its offset; {@link #UNKNOWN} in the midst of the file. */
    long nextOffset;
    /** The length of that batch, if too little was read the last time to have it whole; or 0. */
    int cutBatchLength;
    /** How far the read that is on its way goes; 0 if there is none. */
    int readingTo;
    /** Why the segment cannot be read on after what is ready. */
    @Nullable RuntimeException failure;

    /** Stands for an offset that only the batch at hand tells. */
    static final long UNKNOWN = -1;

    RemoteSegment(
            final String directory,
            final String id,
            final long startOffset,
            final long endOffset,
            final int length,
            final int position) {
        this.file = directory + "/" + id + "/" + fileName(startOffset);
        this.startOffset = startOffset;
        this.endOffset = endOffset;
        this.length = length;
        this.position = position;
        this.nextOffset = position == 0 ? startOffset : UNKNOWN;
    }

    private static String fileName(final long offset) {
        final String digits = Long.toString(offset);
        return "0".repeat(Math.max(0, FILE_NAME_DIGITS - digits.length())) + digits + ".log";
    }

    boolean isRead() {
        return position == length;
    }

    /** Whether its last byte has been read or is on its way. */
    boolean isAskedFor() {
        return isRead() || readingTo == length;
    }
}
