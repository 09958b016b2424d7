package dev.millrace.scan;

import dev.millrace.internal.codec.ArrowBatch;
import dev.millrace.internal.codec.ArrowSchema;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.metadata.TableBucket;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Makes Arrow roots over batches: the vectors point into the memory that the batch lies in, and hold it until they are
 * closed. Only what a batch leaves out is allocated: the validity of columns without nulls, and columns of nothing but
 * nulls. For one thread.
 */
final class ArrowRoots {
    /** The ordinals of {@link ChangeType}, as a column. */
    static final Field CHANGE_TYPES =
            new Field("_change_type", new FieldType(false, new ArrowType.Int(Byte.SIZE, true), null), List.of());

    private final BufferAllocator allocator;
    private final Schema schema;

    ArrowRoots(final RowType rowType, final BufferAllocator allocator) {
        this.allocator = allocator;
        this.schema = ArrowSchema.of(rowType);
    }

    Schema schema() {
        return schema;
    }

    /** Some rows of a batch. */
    ScanBatch batch(final TableBucket bucket, final LogBatch batch, final int from, final int to) {
        final VectorSchemaRoot root = slice(root(batch), from, to);
        try {
            return new ScanBatch(
                    bucket, root, changeTypes(batch, from, to), batch.baseOffset() + from, batch.timestamp());
        } catch (RuntimeException | Error e) {
            root.close();
            throw e;
        }
    }

    /** A root of all rows of a batch. */
    private VectorSchemaRoot root(final LogBatch batch) {
        final VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
        final ArrowBatch rows = arrow(batch);
        try (Memory memory = new Memory(batch, rows)) {
            for (int column = 0; column < root.getFieldVectors().size(); column++) {
                load(root.getVector(column), rows, column, memory);
            }
            root.setRowCount(batch.rowCount());
            return root;
        } catch (RuntimeException | Error e) {
            root.close();
            throw e;
        }
    }

    private static ArrowBatch arrow(final LogBatch batch) {
        final ArrowBatch rows = batch.arrow();
        if (rows == null) {
            throw new IllegalStateException("a batch that is not Arrow");
        }
        return rows;
    }

    /** Some of the rows; the old root is closed. */
    private static VectorSchemaRoot slice(final VectorSchemaRoot root, final int from, final int to) {
        if (from == 0 && to == root.getRowCount()) {
            return root;
        }
        try (root) {
            return root.slice(from, to - from);
        }
    }

    /** The change types of some rows, where they lie; null if there are none, so that all rows were appended. */
    private @Nullable TinyIntVector changeTypes(final LogBatch batch, final int from, final int to) {
        final ArrowBatch rows = arrow(batch);
        if (!rows.hasChangeTypes()) {
            return null;
        }
        final long address = rows.received().addressOffset() + rows.changeTypesOffset() + from;
        final TinyIntVector vector = new TinyIntVector(CHANGE_TYPES, allocator);
        try (ArrowBuf bytes = wrap(batch.received(), address, to - from)) {
            vector.loadFieldBuffers(new ArrowFieldNode(to - from, 0), List.of(allocator.getEmpty(), bytes));
            return vector;
        } catch (RuntimeException | Error e) {
            vector.close();
            throw e;
        }
    }

    private static void load(final FieldVector vector, final ArrowBatch batch, final int column, final Memory memory) {
        final int field = batch.fieldOfColumn(column);
        if (batch.hasColumn(column) && (batch.nullCount(field) < batch.rowCount() || isNested(vector))) {
            loadField(vector, batch, field, memory);
        } else {
            vector.setInitialCapacity(batch.rowCount());
            vector.allocateNew();
            vector.setValueCount(batch.rowCount());
        }
    }

    private static boolean isNested(final FieldVector vector) {
        return !vector.getField().getChildren().isEmpty();
    }

    /** Loads a field and its children; returns the field after them. */
    private static int loadField(
            final FieldVector vector, final ArrowBatch batch, final int field, final Memory memory) {
        final List<ArrowBuf> buffers = new ArrayList<>();
        final int first = batch.firstBuffer(field);
        for (int buffer = first; buffer < first + batch.bufferCount(field); buffer++) {
            buffers.add(memory.slice(buffer));
        }
        vector.loadFieldBuffers(new ArrowFieldNode(batch.nodeLength(field), batch.nullCount(field)), buffers);
        int next = field + 1;
        for (final FieldVector child : vector.getChildrenFromFields()) {
            next = loadField(child, batch, next, memory);
        }
        return next;
    }

    /** Memory of a block as Arrow sees it; holds the block until it is closed. */
    private ArrowBuf wrap(final @Nullable SharedBlock block, final long address, final int length) {
        if (block == null) {
            throw new IllegalStateException("a batch without its memory");
        }
        block.retain();
        try {
            return allocator.wrapForeignAllocation(new ForeignAllocation(length, address) {
                @Override
                protected void release0() {
                    block.release();
                }
            });
        } catch (RuntimeException | Error e) {
            block.release();
            throw e;
        }
    }

    /** The memory of a batch as Arrow sees it, while its vectors are being made; each of them holds it by itself then. */
    private final class Memory implements AutoCloseable {
        private final LogBatch batch;
        private final ArrowBatch rows;
        private @Nullable ArrowBuf received;
        private @Nullable ArrowBuf decompressed;

        Memory(final LogBatch batch, final ArrowBatch rows) {
            this.batch = batch;
            this.rows = rows;
        }

        ArrowBuf slice(final int buffer) {
            final int length = rows.bufferLength(buffer);
            if (length == 0) {
                return allocator.getEmpty();
            }
            return rows.isDecompressed(buffer)
                    ? decompressed().slice(rows.bufferOffset(buffer), length)
                    : received().slice(rows.bufferOffset(buffer) - rows.bodyOffset(), length);
        }

        private ArrowBuf received() {
            ArrowBuf wrapped = received;
            if (wrapped == null) {
                wrapped =
                        wrap(batch.received(), rows.received().addressOffset() + rows.bodyOffset(), rows.bodyLength());
                received = wrapped;
            }
            return wrapped;
        }

        private ArrowBuf decompressed() {
            ArrowBuf wrapped = decompressed;
            if (wrapped == null) {
                final SharedBlock block = batch.decompressed();
                wrapped = wrap(block, block == null ? 0 : block.buffer().addressOffset(), rows.decompressedLength());
                decompressed = wrapped;
            }
            return wrapped;
        }

        @Override
        public void close() {
            if (received != null) {
                received.close();
            }
            if (decompressed != null) {
                decompressed.close();
            }
        }
    }
}
