package dev.millrace.scan;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.internal.cluster.Backoff;
import dev.millrace.internal.cluster.TableSchemas;
import dev.millrace.internal.codec.RowLogLayout;
import dev.millrace.internal.rpc.UnsupportedApi;
import dev.millrace.types.RowType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns the schemas that batches of rows name and that are not known. The thread that polls never waits for one: each is
 * asked for on a virtual thread of its own, and the poll goes on when it is known.
 */
final class SchemaLearner {
    private static final Logger LOG = LoggerFactory.getLogger(SchemaLearner.class);

    private final ScanContext context;
    private final LogFetcher fetcher;
    private final TableSchemas schemas;

    // guarded by the lock of the fetcher
    private final Set<Integer> asked = new HashSet<>();
    private final Map<Integer, FlussException> failures = new HashMap<>();

    SchemaLearner(final ScanContext context, final LogFetcher fetcher) {
        this.context = context;
        this.fetcher = fetcher;
        this.schemas = new TableSchemas(
                context.rpc(), context.cluster(), context.table().tablePath());
    }

    /**
     * Tells whether rows of a schema can be read, and asks for the schema if not. Never blocks.
     *
     * @return false while the schema is being asked for; the polling thread is woken when there is an answer.
     * @throws FlussException there is no such schema, or nobody may see it; the next call asks again.
     */
    boolean learn(final RowLogLayout layout, final int schemaId) {
        if (layout.knows(schemaId)) {
            return true;
        }
        fetcher.lock().lock();
        try {
            // It may have become known since.
            if (layout.knows(schemaId)) {
                return true;
            }
            final FlussException failure = failures.remove(schemaId);
            if (failure != null) {
                throw failure;
            }
            if (asked.add(schemaId)) {
                fetcher.startAsking("schema-" + schemaId, () -> ask(layout, schemaId));
            }
            return false;
        } finally {
            fetcher.lock().unlock();
        }
    }

    private void ask(final RowLogLayout layout, final int schemaId) {
        FlussException failure = null;
        try {
            layout.addSchema(schemaId, rowType(schemaId));
        } catch (FlussInterruptedException e) {
            throw e;
        } catch (FlussException e) {
            failure = e;
        } catch (UnsupportedOperationException e) {
            failure = UnsupportedApi.failure(e);
        }
        answered(schemaId, failure);
    }

    private void answered(final int schemaId, final @Nullable FlussException failure) {
        fetcher.lock().lock();
        try {
            asked.remove(schemaId);
            if (failure != null) {
                failures.put(schemaId, failure);
            }
            fetcher.publishNews();
        } finally {
            fetcher.lock().unlock();
        }
    }

    /**
     * The columns of one schema. Asks until a server answers, as fetching goes on until then; a server that has the answer
     * not yet is asked for the request timeout.
     */
    private RowType rowType(final int schemaId) {
        final long untilNs =
                System.nanoTime() + context.config().requestTimeout().toNanos();
        final Backoff backoff = new Backoff(untilNs);
        boolean isTold = false;
        while (true) {
            try {
                return schemas.rowType(
                        schemaId,
                        System.nanoTime() + context.config().requestTimeout().toNanos());
            } catch (FlussException e) {
                final boolean isAnswer = e instanceof FlussApiException;
                if (!e.isRetriable() || (isAnswer && System.nanoTime() - untilNs >= 0)) {
                    throw e;
                }
                if (!isTold) {
                    isTold = true;
                    LOG.warn(
                            "Asking for schema {} of {} until it is told: {}",
                            schemaId,
                            context.table().tablePath(),
                            e.getMessage());
                }
            }
            backoff.pause();
        }
    }
}
