package dev.millrace.internal.codec;

/**
 * The rows of one log batch, in place. A flyweight that is wrapped again and again. It borrows memory and knows nothing of
 * its end: the caller keeps it until the last read. Wrapping is for one thread; reading is for any number, after a
 * happens-before edge.
 */
public sealed interface BatchRows permits ArrowBatch, RowLogBatch {
    /**
     * Reads and checks the structure of a batch.
     *
     * @param batch stands at the batch; this object keeps no reference to it.
     * @param exact the batch was written with the schema of the layout, and not with an earlier or later one.
     * @throws dev.millrace.error.CorruptDataException the structure contradicts itself, the layout or the header.
     */
    void wrap(LogBatchReader batch, boolean exact);

    /** Lets go of all memory. */
    void unwrap();

    int rowCount();

    /** The change type's number on the wire. */
    byte changeType(int row);
}
