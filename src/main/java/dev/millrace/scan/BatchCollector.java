package dev.millrace.scan;

import dev.millrace.metadata.TableBucket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Gathers batches as Arrow roots, until they have a number of rows. */
final class BatchCollector implements Collector<List<ScanBatch>> {
    private final ArrowRoots roots;
    private final int maxRows;
    private List<ScanBatch> batches = new ArrayList<>();
    private int rows;

    BatchCollector(final ArrowRoots roots, final int maxRows) {
        this.roots = roots;
        this.maxRows = maxRows;
    }

    @Override
    public boolean isFull() {
        return rows >= maxRows;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public boolean isEmpty() {
        return rows == 0;
    }

    @Override
    public int take(final TableBucket bucket, final LogBatch batch, final int from, final int to) {
        batches.add(roots.batch(bucket, batch, from, to));
        rows += to - from;
        return to;
    }

    @Override
    public void skip(final TableBucket bucket, final long nextOffset) {
        // The position is asked of the scanner.
    }

    @Override
    public List<ScanBatch> result() {
        final List<ScanBatch> gathered = batches;
        batches = new ArrayList<>();
        rows = 0;
        return gathered;
    }

    /** The same, but no more than one batch is gathered and given out at a time. */
    Collector<Optional<ScanBatch>> single() {
        return new Single(this);
    }

    private static final class Single implements Collector<Optional<ScanBatch>> {
        private final BatchCollector all;

        Single(final BatchCollector all) {
            this.all = all;
        }

        @Override
        public boolean isFull() {
            return !isEmpty();
        }

        @Override
        public int rows() {
            return isEmpty() ? 0 : all.batches.getFirst().numRecords();
        }

        @Override
        public boolean isEmpty() {
            return all.isEmpty();
        }

        @Override
        public int take(final TableBucket bucket, final LogBatch batch, final int from, final int to) {
            return all.take(bucket, batch, from, to);
        }

        @Override
        public void skip(final TableBucket bucket, final long nextOffset) {
            all.skip(bucket, nextOffset);
        }

        @Override
        public Optional<ScanBatch> result() {
            if (isEmpty()) {
                return Optional.empty();
            }
            final ScanBatch first = all.batches.removeFirst();
            all.rows -= first.numRecords();
            return Optional.of(first);
        }
    }
}
