package dev.millrace.row;

/**
 * A value of MAP: two arrays of one length, where the key at a position belongs to the value at the same position. One that
 * was got from a row is for the thread that reads the row, and valid for as long as the row is.
 */
public interface InternalMap {
    /**
     * Counts the entries.
     *
     * @return how many there are.
     */
    int size();

    /**
     * The keys.
     *
     * @return as many as {@link #size()}.
     */
    InternalArray keys();

    /**
     * The values.
     *
     * @return as many as {@link #size()}, in the order of the keys.
     */
    InternalArray values();
}
