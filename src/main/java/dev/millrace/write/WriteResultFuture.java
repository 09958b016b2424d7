package dev.millrace.write;

import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.internal.rpc.UnsupportedApi;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the batch that a row lies in. One instance serves all rows of a batch, so a row costs none.
 *
 * <p>Whoever waits makes the batch leave at once: a waiter never pays the linger. The wait always ends, at the latest
 * when the batch's life does ({@code Config.writerDeliveryTimeout()}). Giving up a wait, by a timeout or an interrupt,
 * takes nothing back: the batch goes on. Safe for any number of threads.
 */
public final class WriteResultFuture implements Future<@Nullable Void> {
    private final Delivery batch;
    private final CountDownLatch done = new CountDownLatch(1);
    private final AtomicReference<@Nullable CompletableFuture<@Nullable Void>> completable = new AtomicReference<>();
    // Written before the latch opens, read after it.
    private @Nullable FlussException failure;

    WriteResultFuture(final Delivery batch) {
        this.batch = batch;
    }

    /**
     * Waits until the batch is acknowledged.
     *
     * @throws FlussException the batch failed; the exception says why, and {@code isRetriable()} whether the same rows
     *     may succeed another time. With an {@link dev.millrace.error.AuthenticationException} the message says whether
     *     an earlier attempt may have written the batch.
     * @throws UnsupportedOperationException the server cannot do what writing needs; its cause is the error of the server.
     * @throws FlussInterruptedException the thread was interrupted; its flag is set again, and the batch goes on.
     */
    public void await() {
        awaitEnd();
        throwFailure();
    }

    /** Waits until the batch has ended, well or not. */
    void awaitEnd() {
        await(batch.deliveryDeadlineNs());
        // The sender ends every batch by its deadline. Should it hang in a write, the waiter does it.
        if (!isDone()) {
            batch.expire();
            if (!await(System.nanoTime() + TimeUnit.SECONDS.toNanos(1))) {
                throw new DeliveryTimeoutException(
                        batch + " did not end in its time", DeliveryTimeoutException.Outcome.OUTCOME_UNKNOWN);
            }
        }
    }

    /**
     * Waits until the batch is acknowledged, for some time.
     *
     * @param timeout how long at most.
     * @return whether it is; false if the time passed first, and the batch goes on.
     * @throws FlussException as {@link #await()}
     */
    public boolean await(final Duration timeout) {
        if (!await(System.nanoTime() + timeout.toNanos())) {
            return false;
        }
        throwFailure();
        return true;
    }

    /** Whether the batch is acknowledged or has failed. */
    @Override
    public boolean isDone() {
        return done.getCount() == 0;
    }

    /**
     * {@return the same result for code that composes futures} Its dependents run on a virtual thread of their own. Asking
     * for it does not make the batch leave.
     */
    public CompletableFuture<@Nullable Void> toCompletableFuture() {
        CompletableFuture<@Nullable Void> future = completable.get();
        if (future == null) {
            completable.compareAndSet(null, new CompletableFuture<>());
            future = completable.get();
            if (isDone()) {
                completeLater(future);
            }
        }
        return future.copy();
    }

    @Override
    public @Nullable Void get() throws InterruptedException, ExecutionException {
        try {
            return get(Long.MAX_VALUE / 2, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public @Nullable Void get(final long timeout, final TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        batch.hurry();
        if (!done.await(timeout, unit)) {
            throw new TimeoutException("not acknowledged within " + timeout + " " + unit);
        }
        if (failure != null) {
            throw new ExecutionException(UnsupportedApi.thrown(failure));
        }
        return null;
    }

    /** Does nothing: a row that lies in a batch cannot be taken back. Returns false. */
    @Override
    public boolean cancel(final boolean mayInterruptIfRunning) {
        return false;
    }

    @Override
    public boolean isCancelled() {
        return false;
    }

    boolean await(final long deadlineNs) {
        if (isDone()) {
            return true;
        }
        batch.hurry();
        try {
            return done.await(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FlussInterruptedException("interrupted while waiting for " + batch + "; the batch goes on");
        }
    }

    int rowCount() {
        return batch.rowCount();
    }

    long deliveryDeadlineNs() {
        return batch.deliveryDeadlineNs();
    }

    void expire() {
        batch.expire();
    }

    void hurry() {
        batch.hurry();
    }

    @Nullable FlussException failure() {
        return isDone() ? failure : null;
    }

    void complete(final @Nullable FlussException outcome) {
        failure = outcome;
        done.countDown();
        final CompletableFuture<@Nullable Void> future = completable.get();
        if (future != null) {
            completeLater(future);
        }
    }

    private void completeLater(final CompletableFuture<@Nullable Void> future) {
        Thread.ofVirtual().name("millrace-callback").start(() -> {
            if (failure == null) {
                future.complete(null);
            } else {
                future.completeExceptionally(UnsupportedApi.thrown(failure));
            }
        });
    }

    private void throwFailure() {
        final FlussException outcome = failure();
        if (outcome != null) {
            throw UnsupportedApi.thrown(outcome.again());
        }
    }
}
