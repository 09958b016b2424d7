package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.Backoff;
import dev.millrace.internal.cluster.BucketLeaders;
import dev.millrace.internal.cluster.PartitionId;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.ResponseBlock;
import dev.millrace.internal.rpc.ResponseMemory;
import dev.millrace.internal.rpc.proto.LimitScanRequest;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TablePath;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks the leader of a bucket for some rows, once: again, after a refresh and a pause, while that may help and there is
 * time. For one thread, a user's too; only {@link #tryTake} is for another.
 */
final class LimitRequest implements ResponseMemory {
    private final ScanContext context;
    private final TableBucket bucket;
    private final LimitScanRequest request;
    private final long deadlineNs;

    // Memory that was waited for, for the response to the next attempt.
    private final AtomicReference<@Nullable SharedBlock> reserved = new AtomicReference<>();
    // Of the response that there was no memory for. Written by the reader thread before the attempt ends.
    private volatile int missingLength;

    LimitRequest(final ScanContext context, final TableBucket bucket, final int limit, final long deadlineNs) {
        this.context = context;
        this.bucket = bucket;
        this.deadlineNs = deadlineNs;
        final LimitScanRequest.Builder built = LimitScanRequest.newBuilder()
                .setTableId(bucket.tableId())
                .setBucketId(bucket.bucketId())
                .setLimit(limit);
        final Long partitionId = bucket.partitionId();
        if (partitionId != null) {
            built.setPartitionId(partitionId);
        }
        this.request = built.build();
    }

    /**
     * Records as a server sent them, none of it checked.
     *
     * @param block held for the one who gets this.
     */
    record Records(SharedBlock block, int offset, int length) {}

    /**
     * Blocks until there is an answer, at most until the deadline.
     *
     * @throws FlussApiException a server refused; the table is gone.
     * @throws RpcException no answer in time; the last failure is the cause.
     * @throws CorruptDataException the response is damaged.
     * @throws BufferExhaustedException there is no memory for the response.
     * @throws FlussInterruptedException interrupted; the flag is set again.
     */
    Records ask() {
        final Backoff backoff = new Backoff(deadlineNs);
        try {
            while (true) {
                final FlussException failure;
                try {
                    return askLeader();
                } catch (final RpcException | FlussApiException e) {
                    if (!e.isRetriable()) {
                        throw e;
                    }
                    failure = e;
                } catch (final BufferExhaustedException e) {
                    reserve();
                    continue;
                }
                if (!backoff.hasTime()) {
                    throw new RpcException("no rows of " + where() + " in time: " + failure.getMessage(), failure);
                }
                backoff.pause();
                context.cluster().invalidate(context.table().tablePath());
            }
        } finally {
            dropReserved();
        }
    }

    private Records askLeader() {
        final ServerNode leader = leader();
        final ResponseBlock response = call(leader);
        boolean isGood = false;
        try {
            final Records records = read(response, leader);
            isGood = true;
            return records;
        } finally {
            if (!isGood) {
                response.block().release();
            }
        }
    }

    private ResponseBlock call(final ServerNode leader) {
        try {
            return context.rpc().call(leader, Api.LIMIT_SCAN, request, this, deadlineNs);
        } catch (final FlussApiException e) {
            throw e.again(where() + ": " + e.getMessage());
        }
    }

    private ServerNode leader() {
        final BucketLeaders location = locate();
        if (location.tableId() != bucket.tableId()) {
            throw new FlussApiException(
                    FlussError.TABLE_NOT_EXIST,
                    where() + " is gone: the table was dropped; one with id " + location.tableId()
                            + " has its name now");
        }
        final ServerNode leader = context.cluster().snapshot().leader(location, bucket.bucketId());
        if (leader == null) {
            throw new RpcException(where() + " has no leader at present");
        }
        return leader;
    }

    private BucketLeaders locate() {
        final TablePath table = context.table().tablePath();
        final Long partitionId = bucket.partitionId();
        return partitionId == null
                ? context.cluster().locate(table, deadlineNs)
                : context.cluster().locate(new PartitionId(table, partitionId), deadlineNs);
    }

    private Records read(final ResponseBlock received, final ServerNode leader) {
        final LimitResponse response = new LimitResponse(received.block().buffer(), received.length());
        final int code = response.errorCode();
        if (code != FlussError.NONE.code()) {
            throw refusal(code, response.errorMessage(), leader);
        }
        final boolean isLog = !context.table().hasPrimaryKey();
        if (response.isLogTable(isLog) != isLog) {
            throw new CorruptDataException("damaged message: "
                    + (isLog ? "values of a table with" : "a log of a table without") + " a primary key");
        }
        return new Records(received.block(), response.recordsOffset(), response.recordsLength());
    }

    private FlussApiException refusal(final int code, final @Nullable String message, final ServerNode leader) {
        final FlussError error = FlussError.forCode(code);
        final String hint = error == FlussError.LOG_OFFSET_OUT_OF_RANGE_EXCEPTION
                ? "; the leader no longer has so many of the last rows itself: take a smaller limit, or a log scanner"
                : "";
        return new FlussApiException(
                error, code, where() + ", by " + leader + ": " + (message == null ? error.name() : message) + hint);
    }

    private String where() {
        return "table " + context.table().tablePath() + ", " + bucket;
    }

    // ---- memory --------------------------------------------------------------------------------------------------

    @Override
    public @Nullable SharedBlock tryTake(final int length) {
        final SharedBlock waited = reserved.getAndSet(null);
        if (waited != null) {
            if (waited.length() >= length) {
                return waited;
            }
            waited.release();
        }
        final ReadMemory memory = context.memory();
        final SharedBlock taken = length > memory.budgetBytes() ? null : memory.tryTake(Math.max(1, length));
        if (taken == null) {
            missingLength = length;
        }
        return taken;
    }

    /** Waits for memory for a response as long as the last one. */
    private void reserve() {
        final int length = missingLength;
        final long budget = context.memory().budgetBytes();
        if (length > budget) {
            throw new BufferExhaustedException(where() + ": " + request.getLimit() + " rows take " + length
                    + " bytes, and all memory for reading is " + budget
                    + " (scannerBufferMemorySize); take a smaller limit");
        }
        reserved.set(LimitMemory.take(context.memory(), length, deadlineNs, where()));
    }

    private void dropReserved() {
        final SharedBlock unused = reserved.getAndSet(null);
        if (unused != null) {
            unused.release();
        }
    }
}
