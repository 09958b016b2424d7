package dev.millrace.row;

/**
 * A value of ARRAY: elements of one type, read by position. One that was got from a row is for the thread that reads the row,
 * and valid for as long as the row is.
 */
public interface InternalArray extends TypedValues {
    /**
     * Counts the elements.
     *
     * @return how many there are, nulls included.
     */
    int size();
}
