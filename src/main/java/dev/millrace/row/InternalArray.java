package dev.millrace.row;

/** A value of ARRAY: elements of one type, read by position. */
public interface InternalArray extends TypedValues {
    /**
     * Counts the elements.
     *
     * @return how many there are, nulls included.
     */
    int size();
}
