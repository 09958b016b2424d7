package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.internal.codec.ArrowBatch;
import dev.millrace.internal.codec.BufferDecompressor;
import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.internal.codec.RowLogLayout;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.internal.metrics.PollEvent;
import dev.millrace.internal.rpc.UnsupportedApi;
import dev.millrace.metadata.PartitionBucket;
import dev.millrace.metadata.TableBucket;
import java.time.Duration;
import java.util.ConcurrentModificationException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The reading side of a scanner: batches out of what was fetched for its subscriptions, bucket by bucket in turn.
 *
 * <p>For one thread at a time; a second one inside gets a {@link ConcurrentModificationException}. Only {@link #wakeUp}
 * is for another thread. A batch is decompressed here, when its turn has come, so that memory holds what is fetched ahead
 * in its compressed form.
 */
final class LogSource implements AutoCloseable {
    /** How long a poll waits at a stretch while there is a lack of memory, before it looks for unreachable results. */
    static final long STARVING_WAIT_NS = TimeUnit.MILLISECONDS.toNanos(20);

    /** After so long without memory a poll fails: the application holds all of it. */
    private static final long STARVATION_LIMIT_NS = TimeUnit.SECONDS.toNanos(10);

    private final ScanContext context;
    private final boolean checksValues;
    private final SchemaLearner schemas;
    private final LogFetcher fetcher;
    private final LogBatch.Shelf shelf;
    private final LogBatch.Shelf wholeShelf;
    private final PollTimes pollTimes = new PollTimes();
    private final AtomicReference<@Nullable Thread> user = new AtomicReference<>();
    private final Runnable end = this::endWithConnection;
    private volatile boolean isEnding;

    // Of the thread inside.
    private final Subscriptions subscriptions;
    private final LogBatchReader reader = new LogBatchReader();
    private final BufferDecompressor decompressor = new BufferDecompressor();
    /** What the next batch needs to be decompressed and could not get; 0 otherwise. */
    private int missingLength;

    private @Nullable SharedBlock spare;
    private long starvingSinceNs;
    private boolean isClosed;

    /** @param checksValues whether the collector reads values without checking them itself. */
    LogSource(final ScanContext context, final boolean checksValues) {
        this.context = context;
        this.checksValues = checksValues;
        this.fetcher = new LogFetcher(context);
        this.subscriptions = new Subscriptions(context, fetcher);
        this.schemas = new SchemaLearner(context, fetcher);
        this.shelf = new LogBatch.Shelf(context.layout());
        this.wholeShelf = new LogBatch.Shelf(context.wholeLayout());
        context.memory().addScanner(end);
        context.metrics().open(this);
    }

    ScanContext context() {
        return context;
    }

    // ---- subscriptions -------------------------------------------------------------------------------------------

    void subscribe(final Map<Integer, Long> offsets) {
        enter();
        try {
            subscriptions.add(offsets);
        } finally {
            exit();
        }
    }

    void subscribePartitions(final Map<PartitionBucket, Long> offsets) {
        enter();
        try {
            subscriptions.addOfPartitions(offsets);
        } finally {
            exit();
        }
    }

    void unsubscribe(final int bucketId) {
        enter();
        try {
            subscriptions.remove(bucketId);
        } finally {
            exit();
        }
    }

    void unsubscribePartition(final long partitionId, final int bucketId) {
        enter();
        try {
            subscriptions.remove(partitionId, bucketId);
        } finally {
            exit();
        }
    }

    /** Where each subscribed bucket goes on. */
    Map<TableBucket, Long> positions() {
        enter();
        try {
            return subscriptions.positions();
        } finally {
            exit();
        }
    }

    /** Lets each subscription end where it is to stop; others cannot be added any more. */
    void stopAt(final Map<TableBucket, Long> stops) {
        enter();
        try {
            subscriptions.stopAt(stops);
        } finally {
            exit();
        }
    }

    /** Whether all subscriptions have come to their stops, and the collector has given out what they had. */
    boolean isDone(final Collector<?> collector) {
        enter();
        try {
            return subscriptions.haveAllEnded() && collector.isEmpty();
        } finally {
            exit();
        }
    }

    /** What lies between the positions and the stops, for messages. */
    String missing() {
        enter();
        try {
            return subscriptions.missing();
        } finally {
            exit();
        }
    }

    // ---- polling -------------------------------------------------------------------------------------------------

    /** Gathers what there is; if that is nothing, waits for it until the time is over or somebody wakes the thread. */
    <R> R poll(final Collector<R> collector, final Duration timeout) {
        enter();
        final PollEvent event = PollEvent.isRecorded()
                ? PollEvent.start(context.table().tablePath().toString())
                : null;
        final long startNs = System.nanoTime();
        pollTimes.begin(startNs);
        int rows = 0;
        try {
            gather(collector, startNs, nanos(timeout));
            rows = collector.rows();
            context.metrics().returned(rows);
            return collector.result();
        } finally {
            pollTimes.end(System.nanoTime());
            if (event != null) {
                event.finish(rows);
            }
            exit();
        }
    }

    private void gather(final Collector<?> collector, final long startNs, final long timeoutNs) {
        checkInterrupted();
        while (true) {
            checkEnding();
            throwFailure();
            collect(collector);
            if (!collector.isEmpty() || subscriptions.haveAllEnded()) {
                starvingSinceNs = 0;
                return;
            }
            throwFailure();
            final long leftNs = timeoutNs - (System.nanoTime() - startNs);
            if (await(leftNs) || leftNs <= 0) {
                checkEnding();
                return;
            }
        }
    }

    /** When this was polled; for any thread. */
    PollTimes pollTimes() {
        return pollTimes;
    }

    /** Adds how far each bucket is behind its log, or leaves what is further behind; for any thread. */
    void addLags(final Map<TableBucket, Long> lags) {
        fetcher.addLags(lags);
    }

    /** For any thread. */
    void wakeUp() {
        fetcher.wakeUp();
    }

    private static long nanos(final Duration timeout) {
        try {
            return Math.max(0, timeout.toNanos());
        } catch (ArithmeticException longerThanALife) {
            return Long.MAX_VALUE;
        }
    }

    private void collect(final Collector<?> collector) {
        missingLength = 0;
        // Once around, and no more: a bucket may have data and yet no memory to decompress it.
        for (int turns = fetcher.turns(); turns > 0 && !collector.isFull(); turns--) {
            final Subscription subscription = fetcher.nextTurn();
            if (subscription == null) {
                break;
            }
            try {
                collect(subscription, collector);
            } finally {
                fetcher.endTurn(subscription);
            }
        }
        subscriptions.endReached();
        releaseSpare();
    }

    /** What was taken for a batch and not needed, because it is no longer wanted. */
    private void releaseSpare() {
        final SharedBlock unused = spare;
        if (unused != null) {
            spare = null;
            unused.release();
        }
    }

    private void collect(final Subscription subscription, final Collector<?> collector) {
        while (!collector.isFull()) {
            LogBatch batch = subscription.batch;
            if (batch == null) {
                batch = nextBatch(subscription, collector);
                if (batch == null) {
                    return;
                }
                subscription.batch = batch;
            }
            final int to = subscription.rowsBeforeStop(batch);
            subscription.row = collector.take(subscription.bucket, batch, subscription.row, to);
            if (subscription.row == to) {
                subscription.batch = null;
                subscriptions.moveOn(subscription, batch.nextOffset());
                batch.release();
            }
        }
    }

    /** The next batch with rows that the application has not seen; null if none is there now. */
    private @Nullable LogBatch nextBatch(final Subscription subscription, final Collector<?> collector) {
        while (!subscription.isAtStop()) {
            FetchedLog log = subscription.current;
            if (log == null) {
                log = fetcher.take(subscription);
                if (log == null) {
                    tellJump(subscription, collector);
                    return null;
                }
                subscription.current = log;
                subscription.position = log.offset();
            }
            reader.wrap(log.block().bytes(), log.offset(), log.length()).seek(subscription.position);
            if (!reader.next()) {
                subscription.current = null;
                fetcher.finished(subscription, log);
            } else if (reader.nextOffset() <= subscription.nextOffset) {
                subscription.position = reader.position();
            } else if (reader.recordCount() == 0 || reader.baseOffset() >= subscription.stopOffset) {
                subscription.position = reader.position();
                subscriptions.moveOn(subscription, reader.nextOffset());
                collector.skip(subscription.bucket, subscription.nextOffset);
            } else {
                return knowsSchema(subscription, log) ? open(subscription, log) : null;
            }
        }
        return null;
    }

    private void tellJump(final Subscription subscription, final Collector<?> collector) {
        if (subscription.hasJumped) {
            subscription.hasJumped = false;
            subscriptions.moveOn(subscription, subscription.nextOffset);
            collector.skip(subscription.bucket, subscription.nextOffset);
        }
    }

    /** Opens the batch at which the reader stands; null if that failed or there is no memory for it now. */
    private @Nullable LogBatch open(final Subscription subscription, final FetchedLog log) {
        final LogBatch batch = (log.isProjected() ? shelf : wholeShelf).take();
        boolean isOpen = false;
        try {
            batch.wrap(reader, reader.schemaId() == context.table().schemaId(), log.block());
            final ArrowBatch arrow = batch.arrow();
            isOpen = arrow == null || decompress(batch, arrow, log);
        } catch (CorruptDataException e) {
            giveUp(subscription, log, new CorruptDataException(where(subscription) + ": " + e.getMessage(), e));
        } catch (BufferExhaustedException e) {
            giveUp(subscription, log, new BufferExhaustedException(where(subscription) + ": " + e.getMessage()));
        }
        if (!isOpen) {
            batch.release();
            return null;
        }
        subscription.position = reader.position();
        subscription.row = (int) Math.max(0, subscription.nextOffset - batch.baseOffset());
        return batch;
    }

    /** Whether the rows of the batch at which the reader stands can be read; if not, their schema is being asked for. */
    private boolean knowsSchema(final Subscription subscription, final FetchedLog log) {
        if (!(context.layout() instanceof final RowLogLayout layout)) {
            return true;
        }
        try {
            return schemas.learn(layout, reader.schemaId());
        } catch (FlussException e) {
            giveUp(subscription, log, UnsupportedApi.thrown(e.again(where(subscription) + ": " + e.getMessage())));
            return false;
        }
    }

    private String where(final Subscription subscription) {
        return context.describe(subscription.bucket, reader.baseOffset());
    }

    /** Returns false if there is no memory for it now. */
    private boolean decompress(final LogBatch batch, final ArrowBatch rows, final FetchedLog log) {
        final int length = rows.decompressedLength();
        if (length > 0 && !decompress(batch, rows, length, log)) {
            return false;
        }
        if (checksValues) {
            batch.checkValues();
        }
        return true;
    }

    private boolean decompress(final LogBatch batch, final ArrowBatch rows, final int length, final FetchedLog log) {
        final long budget = context.memory().budgetBytes();
        if ((long) length + log.block().length() > budget) {
            throw new BufferExhaustedException("a batch of " + length + " bytes, received in "
                    + log.block().length() + ", is larger than all memory for reading (" + budget
                    + " bytes, scannerBufferMemorySize)");
        }
        final SharedBlock target = memoryFor(length);
        if (target == null) {
            return false;
        }
        batch.takeDecompressed(target);
        rows.decompress(decompressor, target.buffer());
        return true;
    }

    /** The bucket cannot be read on: drops all that was fetched for it. */
    private void giveUp(final Subscription subscription, final FetchedLog log, final RuntimeException cause) {
        fetcher.fail(subscription, cause);
        subscription.current = null;
        fetcher.finished(subscription, log);
        fetcher.dropFetched(subscription).forEach(dropped -> dropped.block().release());
    }

    private @Nullable SharedBlock memoryFor(final int length) {
        final SharedBlock reserved = spare;
        if (reserved != null) {
            spare = null;
            if (reserved.length() >= length) {
                return reserved;
            }
            reserved.release();
        }
        final SharedBlock taken = context.memory().tryTake(length);
        if (taken == null) {
            missingLength = length;
        }
        return taken;
    }

    private void throwFailure() {
        final RuntimeException failure = fetcher.failure();
        if (failure != null) {
            throw failure;
        }
    }

    // ---- waiting -------------------------------------------------------------------------------------------------

    /** Returns true if the thread was woken by {@link #wakeUp}. */
    private boolean await(final long leftNs) {
        try {
            if (missingLength > 0) {
                checkStarvation();
                final long waitNs = Math.min(Math.max(0, leftNs), STARVING_WAIT_NS);
                spare = context.memory().take(missingLength, System.nanoTime() + waitNs);
                return fetcher.await(0);
            }
            final boolean woken = fetcher.await(leftNs);
            if (fetcher.lacksMemory()) {
                checkStarvation();
                context.memory().collectUnreachable();
            } else {
                starvingSinceNs = 0;
            }
            return woken;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted();
        }
    }

    private void checkStarvation() {
        final long nowNs = System.nanoTime();
        if (starvingSinceNs == 0) {
            starvingSinceNs = nowNs;
        } else if (nowNs - starvingSinceNs > STARVATION_LIMIT_NS) {
            starvingSinceNs = 0;
            throw new BufferExhaustedException("table " + context.table().tablePath()
                    + ": no memory to read on for " + TimeUnit.NANOSECONDS.toSeconds(STARVATION_LIMIT_NS) + " s: of "
                    + context.memory().budgetBytes() + " bytes (scannerBufferMemorySize) "
                    + context.memory().freeBytes()
                    + " are free; results that the application keeps hold the others until they are closed");
        }
    }

    private void checkInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw interrupted();
        }
    }

    private FlussInterruptedException interrupted() {
        return new FlussInterruptedException(
                "interrupted while polling table " + context.table().tablePath() + "; nothing was lost");
    }

    // ---- one thread at a time ------------------------------------------------------------------------------------

    private void enter() {
        acquire();
        if (isClosed) {
            exit();
            throw new IllegalStateException(
                    "the scanner of table " + context.table().tablePath() + " is closed");
        }
    }

    private void acquire() {
        final Thread thread = Thread.currentThread();
        if (!user.compareAndSet(null, thread)) {
            throw new ConcurrentModificationException("a scanner is for one thread at a time: " + thread
                    + " came while another was inside; only wakeup() may be called then");
        }
    }

    private void exit() {
        user.set(null);
        // After the thread has left: if the one who ends the scanner found it inside, the rest is done here.
        if (isEnding) {
            releaseIfNobodyIsInside();
        }
    }

    private void checkEnding() {
        if (isEnding) {
            throw new IllegalStateException(
                    "the connection of table " + context.table().tablePath() + " is closed");
        }
    }

    /** The connection closes: ends the threads, and a poll that is under way. */
    private void endWithConnection() {
        isEnding = true;
        fetcher.close();
        fetcher.wakeUp();
        releaseIfNobodyIsInside();
    }

    private void releaseIfNobodyIsInside() {
        if (user.compareAndSet(null, Thread.currentThread())) {
            try {
                release();
            } finally {
                user.set(null);
            }
        }
    }

    @Override
    public void close() {
        acquire();
        try {
            release();
        } finally {
            exit();
        }
    }

    private void release() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        fetcher.close();
        subscriptions.clear();
        releaseSpare();
        decompressor.close();
        reader.unwrap();
        context.memory().removeScanner(end);
        context.metrics().close(this);
    }
}
