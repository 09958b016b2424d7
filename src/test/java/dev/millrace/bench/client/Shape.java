package dev.millrace.bench.client;

import dev.millrace.metadata.Schema;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;

/**
 * The columns of a table, and row number {@code seq} of it in the classes of both clients. Column 0 is the number. Filling
 * rows is for any number of threads; the checksums of rows that were read are for one.
 */
public interface Shape {
    /** The columns; a table with a primary key has {@code seq} as its key. */
    Schema.Builder columns();

    int columnCount();

    /** Fills a row of Millrace. */
    void set(GenericRow row, long seq);

    /** Fills a row of the official client. */
    void set(org.apache.fluss.row.GenericRow row, long seq);

    /** What reading every column of row {@code seq} must come to. */
    long checksum(long seq);

    /** Reads every column with Millrace. */
    long checksum(InternalRow row);

    /** Reads every column with the official client. */
    long checksum(org.apache.fluss.row.InternalRow row);

    /** Of several rows. */
    default long checksum(final long begin, final long end) {
        long sum = 0;
        for (long seq = begin; seq < end; seq++) {
            sum += checksum(seq);
        }
        return sum;
    }
}
