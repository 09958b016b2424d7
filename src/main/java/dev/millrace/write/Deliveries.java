package dev.millrace.write;

import dev.millrace.error.FlussException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Several batches that were made of one call: done when all of them are, and failed with the first that is. Immutable. */
final class Deliveries implements Delivery {
    private final List<WriteResultFuture> parts;

    private Deliveries(final List<WriteResultFuture> parts) {
        this.parts = parts;
    }

    /** The result of all of these, which may be none. */
    static WriteResultFuture resultOf(final List<WriteResultFuture> parts) {
        if (parts.size() == 1) {
            return parts.get(0);
        }
        final WriteResultFuture result = new WriteResultFuture(new Deliveries(List.copyOf(parts)));
        final AtomicInteger missing = new AtomicInteger(parts.size());
        if (parts.isEmpty()) {
            result.complete(null);
        }
        for (final WriteResultFuture part : parts) {
            part.toCompletableFuture().whenComplete((done, failure) -> {
                if (missing.decrementAndGet() == 0) {
                    result.complete(firstFailure(parts));
                }
            });
        }
        return result;
    }

    private static @Nullable FlussException firstFailure(final List<WriteResultFuture> parts) {
        for (final WriteResultFuture part : parts) {
            final FlussException failure = part.failure();
            if (failure != null) {
                return failure;
            }
        }
        return null;
    }

    @Override
    public void hurry() {
        parts.forEach(WriteResultFuture::hurry);
    }

    @Override
    public void expire() {
        parts.forEach(WriteResultFuture::expire);
    }

    @Override
    public long deliveryDeadlineNs() {
        long last = Long.MIN_VALUE;
        for (final WriteResultFuture part : parts) {
            last = Math.max(last, part.deliveryDeadlineNs());
        }
        return last;
    }

    @Override
    public int rowCount() {
        return parts.stream().mapToInt(WriteResultFuture::rowCount).sum();
    }

    @Override
    public String toString() {
        return parts.size() + " batches of " + rowCount() + " rows";
    }
}
