package dev.millrace.bench.write;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.bench.TickTable;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.WriteResultFuture;

/** A connection of Millrace with its defaults and one writer of ticks, for any number of threads. */
final class MillraceTicks implements AutoCloseable {
    private final String[] symbols = TickTable.symbols();
    private final FlussConnection connection;
    private final AppendWriter writer;

    MillraceTicks(final TablePath path) {
        connection = FlussConnection.connect(
                Config.builder().bootstrapServers(TickTable.bootstrap()).build());
        writer = connection.getTable(path).newAppend().createWriter();
    }

    /** Fills the row with a tick and appends it. */
    WriteResultFuture append(final GenericRow row, final long seq) {
        set(row, seq, symbols);
        return writer.append(row);
    }

    /** Fills the row with a tick. */
    static void set(final GenericRow row, final long seq, final String[] symbols) {
        row.setLong(0, seq);
        row.setString(1, symbols[(int) (seq % TickTable.SYMBOLS)]);
        row.setDouble(2, TickTable.price(seq));
        row.setInt(3, (int) (seq % 1000));
        row.setBoolean(4, (seq & 1) == 0);
        row.setEpochMillis(5, TickTable.FIRST_MILLIS + seq);
    }

    /** Appends the ticks up to {@code end}, with one row reused. */
    void append(final long begin, final long end) {
        final GenericRow row = new GenericRow(6);
        for (long seq = begin; seq < end; seq++) {
            append(row, seq);
        }
    }

    /** As {@link #append(long, long)}, but waits for each row before the next one. */
    void appendAndWait(final long begin, final long end) {
        final GenericRow row = new GenericRow(6);
        for (long seq = begin; seq < end; seq++) {
            append(row, seq).await();
        }
    }

    void flush() {
        writer.flush();
    }

    @Override
    public void close() {
        connection.close();
    }
}
