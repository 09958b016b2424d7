package dev.millrace.internal.codec;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.OffHeap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one log batch in the indexed or compacted format; see {@link RowLogBatchBuilder} for the layout.
 * {@link #wrap} notes where each record begins and checks that it ends inside; what is in a row is checked when the row is
 * read.
 */
final class RowLogBatch implements BatchRows {
    private static final int[] NO_RECORDS = {};

    private final RowLogLayout layout;
    private final RowLogReader records = new RowLogReader();
    private final UnsafeBuffer received = OffHeap.flyweight();
    // Where each record begins. Grows to the largest batch so far.
    private int[] starts = NO_RECORDS;
    private int rowCount;
    private @Nullable RowFields fields;

    RowLogBatch(final RowLogLayout layout) {
        this.layout = layout;
    }

    /** Of a schema that the layout knows. */
    @Override
    public void wrap(final LogBatchReader batch, final boolean exact) {
        rowCount = 0;
        received.wrap(batch.buffer());
        fields = layout.fields(batch.schemaId());
        final int count = batch.recordCount();
        if (count > batch.bodyLength() / RowLogBatchBuilder.RECORD_HEAD_LENGTH) {
            throw new CorruptDataException(
                    "damaged log batch: " + count + " records in " + batch.bodyLength() + " bytes");
        }
        if (count > starts.length) {
            starts = new int[count];
        }
        records.wrap(batch);
        while (records.advance()) {
            starts[records.index()] = records.start();
        }
        rowCount = count;
    }

    @Override
    public void unwrap() {
        received.wrap(0, 0);
        rowCount = 0;
    }

    @Override
    public int rowCount() {
        return rowCount;
    }

    @Override
    public byte changeType(final int row) {
        return RowLogReader.changeType(received, starts[row]);
    }

    /** A view for rows of this batch; the one given if it is. */
    RowView viewFor(final @Nullable RowView view) {
        final RowFields written = fields;
        if (written == null) {
            throw new IllegalStateException("no batch is wrapped");
        }
        return view != null && view.fields == written ? view : layout.newView(written);
    }

    /** @throws CorruptDataException the row contradicts itself; then all fields of the view read as null. */
    void readRow(final int row, final RowView view) {
        final int record = starts[row];
        view.wrap(received, record + RowLogBatchBuilder.RECORD_HEAD_LENGTH, RowLogReader.rowLength(received, record));
    }
}
