package dev.millrace.internal.rpc;

import dev.millrace.error.FlussException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for which answer on one connection. Whoever takes a request out of here is the one that tells its handler,
 * so each is told at most once. Safe for any number of threads; the lock is held for one access to the map only.
 */
final class PendingResponses {
    private final ReentrantLock lock = new ReentrantLock();

    // guarded by lock
    private final Int2ObjectHashMap<Pending> requests = new Int2ObjectHashMap<>();
    private @Nullable FlussException closedBy;

    /** Registers a request, which begins now. Returns null, or why nobody may wait here any more. */
    @Nullable FlussException add(final int requestId, final Pending request) {
        lock.lock();
        try {
            if (closedBy == null) {
                request.begin();
                requests.put(requestId, request);
            }
            return closedBy;
        } finally {
            lock.unlock();
        }
    }

    /** Takes a request out. Returns null if it is not there: abandoned, answered or failed. */
    @Nullable Pending take(final int requestId) {
        lock.lock();
        try {
            return requests.remove(requestId);
        } finally {
            lock.unlock();
        }
    }

    /** Lets nobody in any more and takes all requests out. The first cause given stays the one that later comers see. */
    List<Pending> close(final FlussException cause) {
        lock.lock();
        try {
            if (closedBy == null) {
                closedBy = cause;
            }
            final List<Pending> all = new ArrayList<>(requests.values());
            requests.clear();
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Returns why the connection can no longer be used, or null while it can. */
    @Nullable FlussException closedBy() {
        lock.lock();
        try {
            return closedBy;
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return requests.size();
        } finally {
            lock.unlock();
        }
    }
}
