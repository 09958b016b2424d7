package dev.millrace.scan;

import dev.millrace.metadata.TableBucket;
import java.util.ArrayList;
import java.util.List;

/** Gathers whole batches as Arrow roots, until they have a number of rows. */
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
    public boolean isEmpty() {
        return rows == 0;
    }

    @Override
    public int take(final TableBucket bucket, final LogBatch batch, final int from) {
        batches.add(roots.batch(bucket, batch, from, batch.rowCount()));
        rows += batch.rowCount() - from;
        return batch.rowCount();
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
}
