package dev.millrace.write;

import dev.millrace.internal.codec.ArrowBatchBuilder;
import dev.millrace.internal.codec.ArrowBatchLayout;
import dev.millrace.internal.codec.BatchBuilder;
import dev.millrace.internal.codec.BufferCompressor;
import dev.millrace.internal.codec.KeyFormat;
import dev.millrace.internal.codec.KvBatchBuilder;
import dev.millrace.internal.codec.RowEncoder;
import dev.millrace.internal.codec.RowFormat;
import dev.millrace.internal.codec.RowLogBatchBuilder;
import dev.millrace.internal.codec.VectorRows;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.rpc.Api;
import dev.millrace.metadata.TableInfo;
import dev.millrace.row.InternalRow;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How batches of a table are made: one implementation a format of logs, and one for primary-key tables. Batches of the same
 * instance may travel in one request. Immutable, shared by all buckets.
 */
abstract sealed class BatchFormat {
    /**
     * The format that a table asks for.
     *
     * @param target what the rows set, in a primary-key table.
     */
    static BatchFormat of(final TableInfo table, final KvTarget target) {
        return table.hasPrimaryKey() ? new Kv(table, target) : ofLog(table);
    }

    private static BatchFormat ofLog(final TableInfo table) {
        return switch (table.logFormat()) {
            case ARROW -> new Arrow(table);
            case INDEXED -> new Rows(table, RowFormat.INDEXED);
            case COMPACTED -> new Rows(table, RowFormat.COMPACTED);
        };
    }

    /** What one bucket learns of its rows; to begin with, nothing. */
    abstract Sizing newSizing();

    /**
     * Cuts rows of an Arrow root into batches that are as they are sent; null for a format that takes them one by one.
     *
     * @param batchLength in bytes, which no batch of several rows is longer than.
     */
    @Nullable List<Cut> cut(final VectorRows rows, final int batchLength) {
        return null;
    }

    /** Rows of an Arrow root that go into one batch. */
    record Cut(int rowCount, int blockLength, int batchLength, Function<Block, BatchBuilder> opener) {}

    /** What compresses the batches; null for nothing. */
    @Nullable BufferCompressor compressor(final Compressors compressors) {
        return null;
    }

    /** The request that carries the batches. */
    final Api api() {
        return kvTarget() == null ? Api.PRODUCE_LOG : Api.PUT_KV;
    }

    /** What the rows set in a primary-key table; null for batches of a log. */
    @Nullable KvTarget kvTarget() {
        return null;
    }

    /** Plans the batches of one bucket by the rows it has seen. Guarded by the bucket's lock. */
    abstract static sealed class Sizing {
        /**
         * A plan of about {@code blockLength} bytes for a batch that holds {@code row} in any case; for this row alone if
         * that is a long one.
         */
        abstract Plan planFor(InternalRow row, Change change, int blockLength, WriteSettings settings);

        /** Takes in a batch that is done. */
        abstract void observe(BatchBuilder batch);
    }

    /**
     * A batch to be.
     *
     * @param blockLength the block to be got for it, in bytes.
     * @param batchLength the most bytes that the batch in it can have on the wire.
     * @param isForOneRow whether it is the batch of a row that is longer than batches should be.
     * @param opener makes the batch, in such a block.
     */
    record Plan(int blockLength, int batchLength, boolean isForOneRow, Function<Block, BatchBuilder> opener) {}

    /** Arrow: a block is divided among the columns beforehand. */
    private static final class Arrow extends BatchFormat {
        private final TableInfo table;
        private final ArrowBatchLayout layout;

        Arrow(final TableInfo table) {
            this.table = table;
            this.layout = new ArrowBatchLayout(table.rowType(), table.schemaId(), Compressors.codecOf(table));
        }

        @Override
        Sizing newSizing() {
            return new ArrowSizing(layout);
        }

        @Override
        List<Cut> cut(final VectorRows rows, final int batchLength) {
            final List<Cut> cuts = new ArrayList<>();
            int from = 0;
            while (from < rows.rowCount()) {
                final Cut cut = cut(rows, from, batchLength);
                cuts.add(cut);
                from += cut.rowCount();
            }
            return cuts;
        }

        /** As many rows as fit; one at least. */
        private Cut cut(final VectorRows rows, final int from, final int batchLength) {
            int fitting = 1;
            int tooMany = rows.rowCount() - from + 1;
            while (tooMany - fitting > 1) {
                final int count = (fitting + tooMany) >>> 1;
                if (layout.planFor(rows, from, count).batchLength() <= batchLength) {
                    fitting = count;
                } else {
                    tooMany = count;
                }
            }
            final int count = fitting;
            final ArrowBatchLayout.Plan plan = layout.planFor(rows, from, count);
            return new Cut(count, plan.blockLength(), plan.batchLength(), block -> {
                final ArrowBatchBuilder builder = new ArrowBatchBuilder(layout, plan, block);
                builder.load(rows, from, count);
                return builder;
            });
        }

        @Override
        @Nullable BufferCompressor compressor(final Compressors compressors) {
            return compressors.of(table);
        }
    }

    /** Divides blocks by the mean lengths of the values so far. */
    private static final class ArrowSizing extends Sizing {
        private final ArrowBatchLayout layout;
        private final ArrowBatchLayout.Sizing lengths;

        ArrowSizing(final ArrowBatchLayout layout) {
            this.layout = layout;
            this.lengths = layout.newSizing();
        }

        @Override
        Plan planFor(final InternalRow row, final Change change, final int blockLength, final WriteSettings settings) {
            final ArrowBatchLayout.Plan plan = lengths.planFor(row, blockLength);
            return plan.blockLength() <= 2L * settings.batchLength() && plan.batchLength() <= settings.requestLength()
                    ? plan(plan, false)
                    : plan(lengths.planForAlone(row), true);
        }

        private Plan plan(final ArrowBatchLayout.Plan plan, final boolean isForOneRow) {
            return new Plan(
                    plan.blockLength(),
                    plan.batchLength(),
                    isForOneRow,
                    block -> new ArrowBatchBuilder(layout, plan, block));
        }

        @Override
        void observe(final BatchBuilder batch) {
            lengths.observe((ArrowBatchBuilder) batch);
        }
    }

    /** Rows one behind the other, indexed or compacted. */
    private static final class Rows extends BatchFormat {
        private final RowSizing sizing;

        Rows(final TableInfo table, final RowFormat format) {
            this.sizing = new RowSizing(format.newEncoder(table.rowType()), table.schemaId());
        }

        @Override
        Sizing newSizing() {
            return sizing;
        }
    }

    /** There is nothing to divide and nothing to learn, so that one serves all buckets. */
    private static final class RowSizing extends Sizing {
        private final RowEncoder encoder;
        private final int schemaId;

        RowSizing(final RowEncoder encoder, final int schemaId) {
            this.encoder = encoder;
            this.schemaId = schemaId;
        }

        @Override
        Plan planFor(final InternalRow row, final Change change, final int blockLength, final WriteSettings settings) {
            final int length = RowLogBatchBuilder.blockLengthFor(encoder, row, blockLength);
            return new Plan(
                    length,
                    length,
                    length > settings.batchLength(),
                    block -> new RowLogBatchBuilder(encoder, schemaId, block));
        }

        @Override
        void observe(final BatchBuilder batch) {
            // The next batch gets a longer block if this one was full, whatever its rows are like.
        }
    }

    /** Upserts and deletes, whatever the format of the rows. */
    private static final class Kv extends BatchFormat {
        private final KvTarget target;
        private final KvSizing sizing;

        Kv(final TableInfo table, final KvTarget target) {
            final RowFormat format = switch (table.kvFormat()) {
                case COMPACTED -> RowFormat.COMPACTED;
                case INDEXED -> RowFormat.INDEXED;
            };
            final RowType rows = table.rowType();
            this.target = target;
            this.sizing = new KvSizing(
                    KeyFormat.primaryKeyEncoder(table, rows),
                    target.columns().isEmpty() ? format.newEncoder(rows) : format.newEncoder(rows, target.positions()),
                    table.schemaId());
        }

        @Override
        Sizing newSizing() {
            return sizing;
        }

        @Override
        KvTarget kvTarget() {
            return target;
        }
    }

    /** As for rows of a log: one serves all buckets. */
    private static final class KvSizing extends Sizing {
        private final RowEncoder keyEncoder;
        private final RowEncoder rowEncoder;
        private final int schemaId;

        KvSizing(final RowEncoder keyEncoder, final RowEncoder rowEncoder, final int schemaId) {
            this.keyEncoder = keyEncoder;
            this.rowEncoder = rowEncoder;
            this.schemaId = schemaId;
        }

        @Override
        Plan planFor(final InternalRow row, final Change change, final int blockLength, final WriteSettings settings) {
            final int length = change == Change.DELETE
                    ? KvBatchBuilder.blockLengthForDelete(keyEncoder, row, blockLength)
                    : KvBatchBuilder.blockLengthFor(keyEncoder, rowEncoder, row, blockLength);
            return new Plan(
                    length,
                    length,
                    length > settings.batchLength(),
                    block -> new KvBatchBuilder(keyEncoder, rowEncoder, schemaId, block));
        }

        @Override
        void observe(final BatchBuilder batch) {
            // As for rows of a log.
        }
    }
}
