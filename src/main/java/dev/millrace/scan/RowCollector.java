package dev.millrace.scan;

import dev.millrace.internal.codec.LogLayout;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.metadata.TableBucket;
import java.util.Arrays;

/**
 * Gathers rows of all buckets up to a number, as segments of their batches. The two rows of an update are not torn apart:
 * the number is missed by one rather, and exceeded only if it is 1.
 */
final class RowCollector implements Collector<ScanRecords> {
    private static final int FIRST_SEGMENTS = 8;

    private final LogLayout layout;
    private final ReadMemory memory;
    private final int maxRows;
    private Segment[] segments = new Segment[FIRST_SEGMENTS];
    private int segmentCount;
    private int rows;
    /** Whether there was room for half of an update. */
    private boolean isCut;

    RowCollector(final LogLayout layout, final ReadMemory memory, final int maxRows) {
        this.layout = layout;
        this.memory = memory;
        this.maxRows = maxRows;
    }

    @Override
    public boolean isFull() {
        return rows >= maxRows || isCut;
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
        final int end = end(batch, from, to);
        if (end == from) {
            isCut = true;
            return from;
        }
        final long next = end == batch.rowCount() ? batch.nextOffset() : batch.baseOffset() + end;
        add(new Segment(bucket, batch.retain(), from, end, next));
        rows += end - from;
        return end;
    }

    private int end(final LogBatch batch, final int from, final int to) {
        final int end = Math.min(to, from + maxRows - rows);
        if (end == to || !batch.isUpdateBefore(end - 1)) {
            return end;
        }
        return rows == 0 && end == from + 1 ? end + 1 : end - 1;
    }

    @Override
    public void skip(final TableBucket bucket, final long nextOffset) {
        add(new Segment(bucket, null, 0, 0, nextOffset));
    }

    @Override
    public ScanRecords result() {
        isCut = false;
        if (segmentCount == 0) {
            return ScanRecords.empty(layout);
        }
        final ScanRecords records = new ScanRecords(layout, memory, Arrays.copyOf(segments, segmentCount), rows);
        Arrays.fill(segments, 0, segmentCount, null);
        segmentCount = 0;
        rows = 0;
        return records;
    }

    private void add(final Segment segment) {
        if (segmentCount == segments.length) {
            segments = Arrays.copyOf(segments, 2 * segmentCount);
        }
        segments[segmentCount++] = segment;
    }
}
