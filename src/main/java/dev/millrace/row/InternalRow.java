package dev.millrace.row;

/**
 * A row: its fields in the order of the table's columns.
 *
 * <p>Writers read a row through these getters during the call only, never keep it, and box nothing. So an application may
 * implement this interface on an object of its own and write that, without a copy: it overrides {@link #fieldCount()}
 * and the getters of the types its table has, and {@link #isNullAt} if a field may be null.
 *
 * <pre>{@code
 * record Tick(long time, String symbol, double price) implements InternalRow {
 *     public int fieldCount() {
 *         return 3;
 *     }
 *
 *     public long getEpochMillis(int pos, int precision) {
 *         return time;
 *     }
 *
 *     public String getString(int pos) {
 *         return symbol;
 *     }
 *
 *     public double getDouble(int pos) {
 *         return price;
 *     }
 * }
 * }</pre>
 *
 * <p>For one thread at a time, unless a class says otherwise. A writer reads a row on the thread that calls it.
 */
public interface InternalRow extends TypedValues {
    /**
     * Counts the fields.
     *
     * @return how many fields the row has.
     */
    int fieldCount();
}
