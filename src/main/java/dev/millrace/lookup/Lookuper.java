package dev.millrace.lookup;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RowConversionException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.BucketLeaders;
import dev.millrace.row.InternalRow;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Looks up rows by their keys. One serves any number of threads, and the more of them wait at the same time, the more
 * lookups travel together; none waits for others to come. Holds nothing that needs closing; it ends with its connection.
 *
 * <pre>{@code
 * Lookuper lookuper = table.newLookup().createLookuper();
 * GenericRow key = new GenericRow(1);
 * key.setLong(0, 42);
 * lookuper.lookup(key).getSingleRow().ifPresent(row -> process(row));
 * }</pre>
 *
 * <p>A key is a row of just the columns of the primary key, in the order of
 * {@link dev.millrace.metadata.TableInfo#primaryKeys()}; for a prefix lookup of the columns that were given to
 * {@link TableLookup#lookupBy}, in that order. It is read during the call only.
 *
 * <p>All lookups block, for {@code requestTimeout} at most. Meanwhile a failure that may pass, such as that of a server, is
 * tried again, {@code lookupMaxRetries} times at most. They all throw:
 *
 * <ul>
 *   <li>{@link RowConversionException}: a key has not the right fields, or a value is null or does not fit its column.
 *       Nothing was sent.
 *   <li>{@link FlussApiException}: a server refused; the table is gone, or the user may not read it.
 *   <li>{@link UnsupportedOperationException}: the server does not serve this kind of lookup.
 *   <li>{@link RpcException}: no answer in time, or after all attempts; the last failure is the cause.
 *   <li>{@link CorruptDataException}: the answer is damaged.
 *   <li>{@link BufferExhaustedException}: the rows of one prefix take more than 64 MiB.
 *   <li>{@link FlussInterruptedException}: the thread was interrupted; its flag is set again.
 *   <li>{@link IllegalStateException}: the connection is closed, or was while the lookup waited.
 * </ul>
 */
public final class Lookuper {
    private final LookupTarget target;
    private final LookupKeys keys;
    private final LookupRows rows;
    private final LookupRouter router;
    private final LookupSettings settings;
    private final LookupCalls calls;
    private final LookupMetrics metrics;

    Lookuper(
            final LookupTarget target,
            final LookupRows rows,
            final LookupRouter router,
            final LookupSettings settings,
            final LookupCalls calls,
            final LookupMetrics metrics) {
        this.target = target;
        this.keys = new LookupKeys(target);
        this.rows = rows;
        this.router = router;
        this.settings = settings;
        this.calls = calls;
        this.metrics = metrics;
    }

    /**
     * Looks up one key. Blocks, and throws, as this class says.
     *
     * @param key as this class says; read during the call only.
     * @return what was found: no row if there is none under the key, or no such partition. The caller's to keep.
     */
    public LookupResult lookup(final InternalRow key) {
        return lookup(key, newResult());
    }

    /**
     * Looks up one key, and puts what is found into a result that was used before: for those who look up so much that no
     * object may be made each time. Blocks, and throws, as this class says. After an exception the result has no row, and
     * may be used again.
     *
     * @param key as this class says; read during the call only.
     * @param result of this lookuper's {@link #newResult()}; for one thread at a time. What it had before is gone, rows
     *     that were got of it included.
     * @return the result.
     * @throws IllegalArgumentException the result is of another lookuper.
     */
    public LookupResult lookup(final InternalRow key, final LookupResult result) {
        if (!result.isOf(rows)) {
            throw new IllegalArgumentException("the result is of another lookuper than that of a " + target);
        }
        result.clear();
        final long deadlineNs = System.nanoTime() + settings.requestTimeoutNs();
        final LookupCall call = calls.take();
        boolean isWhole = false;
        try {
            keys.encode(key, call);
            call.begin(target, result, deadlineNs);
            final FlussException failure = attempt(call);
            if (failure != null) {
                tryAgain(call, failure, deadlineNs);
            }
            result.learnSchemas(deadlineNs);
            isWhole = true;
            return result;
        } finally {
            calls.giveBack(call);
            if (!isWhole) {
                result.clear();
            }
        }
    }

    /** {@return a result without a row, for {@link #lookup(InternalRow, LookupResult)}} */
    public LookupResult newResult() {
        return new LookupResult(rows);
    }

    /**
     * Looks up many keys: those of a server travel together, {@code lookupMaxBatchSize} in a request. Blocks, and throws,
     * as this class says; if one of them fails, all do.
     *
     * @param lookupKeys in any order, the same one several times if need be; all are read before anything is sent.
     * @return what was found, in the order of the keys; unmodifiable, the results are the caller's to keep.
     */
    public List<LookupResult> lookupAll(final List<? extends InternalRow> lookupKeys) {
        final long deadlineNs = System.nanoTime() + settings.requestTimeoutNs();
        final List<LookupCall> all = new ArrayList<>(lookupKeys.size());
        final List<LookupResult> results = new ArrayList<>(lookupKeys.size());
        try {
            for (final InternalRow key : lookupKeys) {
                final LookupCall call = calls.take();
                all.add(call);
                keys.encode(key, call);
                final LookupResult result = newResult();
                results.add(result);
                call.begin(target, result, deadlineNs);
            }
            attemptAll(all, deadlineNs);
        } finally {
            all.forEach(calls::giveBack);
        }
        results.forEach(result -> result.learnSchemas(deadlineNs));
        return List.copyOf(results);
    }

    private void tryAgain(final LookupCall call, final FlussException first, final long deadlineNs) {
        final LookupRetries retries = new LookupRetries(target, settings.maxRetries(), deadlineNs, metrics);
        for (FlussException failure = first; failure != null; failure = attempt(call)) {
            router.forget(call);
            retries.next(call, failure);
        }
    }

    /** Sends a call and waits. Returns what went wrong, or null if the result is there. */
    private @Nullable FlussException attempt(final LookupCall call) {
        try {
            final LookupSender sender = router.route(call);
            if (sender == null) {
                return null;
            }
            calls.watch(call);
            sender.submit(call);
        } catch (final FlussInterruptedException e) {
            throw e;
        } catch (final FlussException e) {
            return e;
        }
        return await(call);
    }

    private void attemptAll(final List<LookupCall> all, final long deadlineNs) {
        LookupRetries retries = null;
        List<LookupCall> open = all;
        while (!open.isEmpty()) {
            final LookupRound round = new LookupRound(router, calls);
            open.forEach(round::add);
            round.submit();
            for (final LookupCall call : round.sent()) {
                round.note(call, await(call));
            }
            open = round.failed();
            final FlussException failure = round.failure();
            if (failure != null) {
                if (retries == null) {
                    retries = new LookupRetries(target, settings.maxRetries(), deadlineNs, metrics);
                }
                open.forEach(router::forget);
                retries.next(round.culprit(), failure);
            }
        }
    }

    private static String leader(final LookupCall call) {
        final BucketLeaders location = call.location();
        return location == null ? "its leader" : "tablet server " + location.leader(call.bucket());
    }

    private @Nullable FlussException await(final LookupCall call) {
        while (true) {
            final int phase = call.phase();
            if (phase == LookupCall.ANSWERED) {
                return null;
            } else if (phase == LookupCall.FAILED) {
                return call.failure();
            } else if (phase == LookupCall.EXPIRED) {
                return new RpcException("no answer within " + TimeUnit.NANOSECONDS.toMillis(settings.requestTimeoutNs())
                        + " ms, from " + leader(call));
            } else if (phase == LookupCall.CLOSED) {
                throw LookupClient.closedException();
            } else if (!Thread.currentThread().isInterrupted()) {
                LockSupport.park(call);
            } else if (call.leave()) {
                throw new FlussInterruptedException(target + " was interrupted");
            } else {
                // The outcome is being written, which takes a moment.
                Thread.yield();
            }
        }
    }
}
