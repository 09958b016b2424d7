package dev.millrace.scan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/** The batches of a bounded reader through the interface of Arrow: their vectors move into one root. For one thread. */
final class BatchArrowReader extends ArrowReader {
    private final RecordBatchLogReader reader;
    private final Schema schema;
    private final boolean hasChangeTypes;
    private long bytesRead;

    BatchArrowReader(final RecordBatchLogReader reader, final RecordBatchLogScanner scanner) {
        super(scanner.allocator());
        this.reader = reader;
        final ScanContext context = scanner.source().context();
        this.hasChangeTypes = context.table().hasPrimaryKey();
        this.schema = hasChangeTypes ? withChangeTypes(scanner.schema(), context) : scanner.schema();
    }

    private static Schema withChangeTypes(final Schema columns, final ScanContext context) {
        final Field added = ArrowRoots.CHANGE_TYPES;
        if (columns.getFields().stream().anyMatch(field -> field.getName().equals(added.getName()))) {
            throw new UnsupportedOperationException("table " + context.table().tablePath() + " has a column '"
                    + added.getName() + "', which is the name of the change types here; leave it out by a projection");
        }
        final List<Field> fields = new ArrayList<>(columns.getFields());
        fields.add(added);
        return new Schema(fields);
    }

    @Override
    protected Schema readSchema() {
        return schema;
    }

    @Override
    public boolean loadNextBatch() throws IOException {
        prepareLoadNextBatch();
        final Optional<ScanBatch> next = reader.nextBatch();
        if (next.isEmpty()) {
            return false;
        }
        try (ScanBatch batch = next.get()) {
            move(batch, getVectorSchemaRoot());
        }
        return true;
    }

    private void move(final ScanBatch batch, final VectorSchemaRoot to) {
        final List<FieldVector> columns = batch.batch().getFieldVectors();
        for (int column = 0; column < columns.size(); column++) {
            columns.get(column).makeTransferPair(to.getVector(column)).transfer();
        }
        if (hasChangeTypes) {
            moveChangeTypes(batch.changeTypes(), (TinyIntVector) to.getVector(columns.size()), batch.numRecords());
        }
        to.setRowCount(batch.numRecords());
        for (final FieldVector column : to.getFieldVectors()) {
            bytesRead += column.getBufferSize();
        }
    }

    private static void moveChangeTypes(final @Nullable TinyIntVector from, final TinyIntVector to, final int rows) {
        if (from != null) {
            from.transferTo(to);
            return;
        }
        to.allocateNew(rows);
        for (int row = 0; row < rows; row++) {
            to.set(row, ChangeType.APPEND_ONLY.ordinal());
        }
    }

    @Override
    public long bytesRead() {
        return bytesRead;
    }

    @Override
    protected void closeReadSource() {
        reader.close();
    }
}
