package dev.millrace.scan;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.codec.LogLayout;
import dev.millrace.internal.codec.LogRow;
import dev.millrace.internal.memory.Lease;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.metadata.TableBucket;
import dev.millrace.row.InternalRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The records that one {@link LogScanner#poll} gave, in place: the rows are views of received memory, which this object
 * holds until it is closed.
 *
 * <pre>{@code
 * try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
 *     ScanRecords.Cursor cursor = records.cursor();
 *     while (cursor.next()) {
 *         sum += cursor.row().getLong(0);
 *     }
 * }
 * }</pre>
 *
 * <p>The cursor allocates nothing; the iterator and the lists make an object for each record. Close the result when it is
 * done with. A result left unclosed is safe too: its rows stay readable as long as anything reaches them, and the memory
 * goes back when the collector finds them unreachable. Since that may take long, a scanner that runs out of memory then
 * asks for a collection ({@link System#gc()}), at growing intervals. After {@link #close()} every getter of a row throws
 * {@link IllegalStateException}.
 *
 * <p>May be handed to another thread, and read by several; but nobody may read while somebody closes.
 */
public final class ScanRecords implements Iterable<ScanRecord>, AutoCloseable {
    private final LogLayout layout;
    // Null for one that is empty.
    private final @Nullable ReadMemory memory;
    private final Segment[] segments;
    private final int count;
    private final Lease lease;

    /** Takes over the segments, and with them one hold on the batch of each. */
    ScanRecords(final LogLayout layout, final @Nullable ReadMemory memory, final Segment[] segments, final int count) {
        this.layout = layout;
        this.memory = memory;
        this.segments = segments;
        this.count = count;
        this.lease = new Lease(segments, "the scan result that this row belongs to is closed");
        if (memory != null) {
            memory.lend();
        }
    }

    /**
     * Counts the records.
     *
     * @return how many there are, over all buckets.
     */
    public int count() {
        return count;
    }

    /**
     * Tells whether there are no records.
     *
     * @return true after a poll that found none in time.
     */
    public boolean isEmpty() {
        return count == 0;
    }

    /**
     * Reads all records without allocating anything for them.
     *
     * @return a new cursor, in front of the first record; for one thread.
     */
    public Cursor cursor() {
        return new Cursor(this);
    }

    /**
     * The records one by one, each an object of its own that may be kept until the result is closed.
     *
     * @return bucket after bucket; in the order of the log within each.
     */
    @Override
    public Iterator<ScanRecord> iterator() {
        return new Iterator<>() {
            private int segment = -1;
            private int index;
            private int end;
            private int given;

            @Override
            public boolean hasNext() {
                return given < count;
            }

            @Override
            public ScanRecord next() {
                if (given == count) {
                    throw new NoSuchElementException("all " + count + " records were given");
                }
                given++;
                while (index == end) {
                    segment++;
                    index = segments[segment].from();
                    end = segments[segment].to();
                }
                return record(segments[segment].batch(), index++);
            }
        };
    }

    /**
     * The records of one bucket.
     *
     * @param bucket any bucket.
     * @return its records in the order of the log; empty if there are none.
     */
    public List<ScanRecord> records(final TableBucket bucket) {
        final List<ScanRecord> records = new ArrayList<>();
        for (final Segment segment : segments) {
            if (segment.bucket().equals(bucket)) {
                addAll(segment, records);
            }
        }
        return Collections.unmodifiableList(records);
    }

    /**
     * The records of all buckets.
     *
     * @return for each bucket that has records, these in the order of the log.
     */
    public Map<TableBucket, List<ScanRecord>> recordsByBuckets() {
        final Map<TableBucket, List<ScanRecord>> records = new LinkedHashMap<>();
        for (final Segment segment : segments) {
            if (segment.count() > 0) {
                addAll(segment, records.computeIfAbsent(segment.bucket(), key -> new ArrayList<>()));
            }
        }
        records.replaceAll((bucket, list) -> Collections.unmodifiableList(list));
        return Collections.unmodifiableMap(records);
    }

    /**
     * Where the scan goes on: the offset to subscribe with to see nothing twice and miss nothing. Moves also over batches
     * without records, so an empty result may have positions.
     *
     * @return for each bucket whose position this poll moved, the offset after what was read.
     */
    public Map<TableBucket, Long> nextOffsets() {
        final Map<TableBucket, Long> offsets = new LinkedHashMap<>();
        for (final Segment segment : segments) {
            offsets.put(segment.bucket(), segment.nextOffset());
        }
        return Collections.unmodifiableMap(offsets);
    }

    /** Gives the memory back. The rows cannot be read any more; everything else stays as it is. Idempotent. */
    @Override
    public void close() {
        if (memory == null || !lease.end()) {
            return;
        }
        memory.giveBack();
        for (final Segment segment : segments) {
            final LogBatch batch = segment.batch();
            if (batch != null) {
                batch.release();
            }
        }
    }

    /** A result without records, which holds nothing. */
    static ScanRecords empty(final LogLayout layout) {
        return new ScanRecords(layout, null, new Segment[0], 0);
    }

    private ScanRecord record(final @Nullable LogBatch batch, final int row) {
        lease.check();
        if (batch == null) {
            throw new IllegalStateException("a segment with rows and without a batch");
        }
        return new ScanRecord(layout.newRow(lease), batch, row);
    }

    @Override
    public String toString() {
        return "ScanRecords[count=" + count + ", nextOffsets=" + nextOffsets() + (lease.hasEnded() ? ", closed]" : "]");
    }

    private void addAll(final Segment segment, final List<ScanRecord> to) {
        lease.check();
        for (int row = segment.from(); row < segment.to(); row++) {
            to.add(record(segment.batch(), row));
        }
    }

    /**
     * Walks over all records of a result with one row that moves along. For one thread; whoever needs a row after the
     * next {@link #next()} copies its values.
     */
    public static final class Cursor {
        private final ScanRecords records;
        private final Lease lease;
        private final LogRow row;
        private LogBatch batch;
        private int segment = -1;
        private int index;
        private int lastIndex = -1;

        @SuppressWarnings("NullAway.Init") // the batch is set by the first next()
        private Cursor(final ScanRecords records) {
            this.records = records;
            this.lease = records.lease;
            this.row = records.layout.newRow(lease);
        }

        /**
         * Moves to the next record.
         *
         * @return false if there is none.
         * @throws IllegalStateException the result is closed.
         * @throws CorruptDataException the row of the next record fails its checks, which only a table with an indexed or
         *     compacted log tells here; the cursor stands at the record all the same, and may go on.
         */
        public boolean next() {
            if (index < lastIndex) {
                lease.check();
                row.moveTo(++index);
                return true;
            }
            return nextSegment();
        }

        private boolean nextSegment() {
            lease.check();
            while (++segment < records.segments.length) {
                final Segment next = records.segments[segment];
                final LogBatch nextBatch = next.batch();
                if (nextBatch != null) {
                    batch = nextBatch;
                    index = next.from();
                    lastIndex = next.to() - 1;
                    row.moveTo(nextBatch.rows(), index);
                    return true;
                }
            }
            segment = records.segments.length;
            index = 0;
            lastIndex = -1;
            return false;
        }

        /**
         * The row of the current record.
         *
         * @return always the same object; it reads another row after each {@link #next()}.
         */
        public InternalRow row() {
            return row;
        }

        /**
         * Where the current record is.
         *
         * @return its offset in the log of its bucket.
         */
        public long offset() {
            return current().baseOffset() + index;
        }

        /**
         * When the current record was written, by the clock of the server that leads the bucket.
         *
         * @return milliseconds since the epoch.
         */
        public long timestamp() {
            return current().timestamp();
        }

        /**
         * What happened to the row of the current record.
         *
         * @return always {@link ChangeType#APPEND_ONLY} in log tables.
         */
        public ChangeType changeType() {
            return current().changeType(index);
        }

        /**
         * The bucket of the current record.
         *
         * @return one of the subscribed buckets.
         */
        public TableBucket bucket() {
            current();
            return records.segments[segment].bucket();
        }

        private LogBatch current() {
            lease.check();
            if (segment < 0 || segment == records.segments.length) {
                throw new NoSuchElementException("the cursor stands at no record");
            }
            return batch;
        }
    }
}
