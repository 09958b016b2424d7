package dev.millrace.bench.write;

import dev.millrace.bench.TickTable;
import dev.millrace.metadata.TablePath;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.AppendResult;
import org.apache.fluss.client.table.writer.AppendWriter;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.row.TimestampLtz;

/**
 * The twin of {@link MillraceTicks}: a connection of the official client and one writer of ticks. The writer may be shared
 * by threads where the table is an ARROW log without a key: for such a table it keeps nothing between two rows.
 */
final class OfficialTicks implements AutoCloseable {
    private final BinaryString[] symbols = symbols();
    private final Connection connection;
    private final Table table;
    private final AppendWriter writer;

    OfficialTicks(final TablePath path, final Configuration configuration) {
        configuration.set(
                ConfigOptions.BOOTSTRAP_SERVERS, List.of(TickTable.bootstrap().split(",")));
        connection = ConnectionFactory.createConnection(configuration);
        table = connection.getTable(new org.apache.fluss.metadata.TablePath(path.database(), path.table()));
        writer = table.newAppend().createWriter();
    }

    /** The symbols as the official client takes them. */
    static BinaryString[] symbols() {
        return Stream.of(TickTable.symbols()).map(BinaryString::fromString).toArray(BinaryString[]::new);
    }

    /** Fills the row with a tick and appends it. */
    CompletableFuture<AppendResult> append(final GenericRow row, final long seq) {
        set(row, seq, symbols);
        return writer.append(row);
    }

    /** Fills the row with a tick. */
    static void set(final GenericRow row, final long seq, final BinaryString[] symbols) {
        row.setField(0, seq);
        row.setField(1, symbols[(int) (seq % TickTable.SYMBOLS)]);
        row.setField(2, TickTable.price(seq));
        row.setField(3, (int) (seq % 1000));
        row.setField(4, (seq & 1) == 0);
        row.setField(5, TimestampLtz.fromEpochMillis(TickTable.FIRST_MILLIS + seq));
    }

    /** Appends the ticks up to {@code end}, with one row reused. */
    void append(final long begin, final long end) {
        final GenericRow row = new GenericRow(6);
        for (long seq = begin; seq < end; seq++) {
            append(row, seq);
        }
    }

    /** As {@link #append(long, long)}, but waits for each row before the next one. */
    void appendAndWait(final long begin, final long end) throws Exception {
        final GenericRow row = new GenericRow(6);
        for (long seq = begin; seq < end; seq++) {
            append(row, seq).get();
        }
    }

    void flush() {
        writer.flush();
    }

    @Override
    public void close() throws Exception {
        table.close();
        connection.close();
    }
}
