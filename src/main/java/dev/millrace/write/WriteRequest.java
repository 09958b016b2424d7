package dev.millrace.write;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.metrics.BatchSentEvent;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.Connection;
import dev.millrace.internal.rpc.ResponseHandler;
import dev.millrace.internal.rpc.proto.PbProduceLogRespForBucket;
import dev.millrace.internal.rpc.proto.ProduceLogResponse;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A PRODUCE_LOG or PUT_KV request that is out: one batch for each of several buckets of one table. The answer, or the lack of
 * one, settles each batch or sends it on another attempt. Answers come on the connection's reader thread, the deadline
 * on the sender's; whoever is first counts.
 */
final class WriteRequest implements ResponseHandler {
    private static final int MAX_RESPONSE_LENGTH = 16 << 20;

    private final RecordAccumulator accumulator;
    private final Api api;
    private final TableQueues table;
    private final List<WriteBatch> batches;
    private final String server;
    final long deadlineNs;
    private final long startNs = System.nanoTime();
    private volatile boolean done;

    // Written by the sender before the request is sent; null while nobody records.
    private BatchSentEvent @Nullable [] events;

    // written by the sender
    private @Nullable Connection connection;
    private int requestId;

    WriteRequest(
            final RecordAccumulator accumulator,
            final Api api,
            final TableQueues table,
            final List<WriteBatch> batches,
            final String server,
            final long deadlineNs) {
        this.accumulator = accumulator;
        this.api = api;
        this.table = table;
        this.batches = batches;
        this.server = server;
        this.deadlineNs = deadlineNs;
    }

    /** The batches are about to be sent. */
    void beginRecording() {
        if (BatchSentEvent.isRecorded()) {
            events = batches.stream()
                    .map(batch -> BatchSentEvent.start(
                            batch.queue.toString(), server, batch.rowCount(), batch.length(), batch.attempts))
                    .toArray(BatchSentEvent[]::new);
        }
    }

    void sentOn(final Connection newConnection, final int newRequestId) {
        connection = newConnection;
        requestId = newRequestId;
    }

    boolean isDone() {
        return done;
    }

    /** No answer came in time: the connection is given up, since what it has swallowed is not to be known. */
    void timeOut() {
        final Connection used = connection;
        if (used != null && used.abandon(requestId)) {
            onFailure(new RpcException("no answer to " + api + " from " + server + " in time"));
            used.close();
        }
    }

    @Override
    public @Nullable ByteBuffer bodyBuffer(final int length) {
        return length <= MAX_RESPONSE_LENGTH ? ByteBuffer.allocate(length) : null;
    }

    @Override
    public void onResponse(final ByteBuffer body) {
        done = true;
        accumulator.metrics().answered(System.nanoTime() - startNs);
        final ProduceLogResponse response;
        try {
            // That to PUT_KV has the same fields, but for the meaning of the offset.
            response = ProduceLogResponse.parseFrom(body);
        } catch (InvalidProtocolBufferException e) {
            failAll(new CorruptDataException("the answer to " + api + " from " + server + " is damaged", e));
            return;
        }
        for (int i = 0; i < batches.size(); i++) {
            answer(i, find(response, i, batches.get(i).queue));
        }
    }

    private void answer(final int index, final @Nullable PbProduceLogRespForBucket answer) {
        if (answer == null) {
            fail(
                    index,
                    new CorruptDataException("the answer of " + server + " leaves out " + batches.get(index).queue));
        } else if (!answer.hasErrorCode() || answer.getErrorCode() == FlussError.NONE.code()) {
            record(index, null);
            batches.get(index).queue.acknowledge(batches.get(index));
        } else {
            final FlussError error = FlussError.forCode(answer.getErrorCode());
            final String text = answer.hasErrorMessage() ? answer.getErrorMessage() : error.name();
            fail(index, new FlussApiException(error, answer.getErrorCode(), "by " + server + ": " + text));
        }
    }

    /** Looks first where the answer stands if the server has kept the order, which nothing says it must. */
    private static @Nullable PbProduceLogRespForBucket find(
            final ProduceLogResponse response, final int expectedAt, final BucketQueue queue) {
        final int count = response.getBucketsRespCount();
        for (int i = 0; i < count; i++) {
            final PbProduceLogRespForBucket answer = response.getBucketsResp((expectedAt + i) % count);
            if (answer.getBucketId() == queue.bucket
                    && (!queue.partition.isPartition() || answer.getPartitionId() == queue.partition.partitionId())) {
                return answer;
            }
        }
        return null;
    }

    @Override
    public void onFailure(final FlussException cause) {
        done = true;
        failAll(cause);
    }

    private void failAll(final FlussException cause) {
        for (int i = 0; i < batches.size(); i++) {
            fail(i, cause);
        }
    }

    private void fail(final int index, final FlussException cause) {
        record(index, cause.getMessage());
        accumulator.onFailure(batches.get(index), cause);
    }

    private void record(final int index, final @Nullable String failure) {
        final BatchSentEvent[] recorded = events;
        if (recorded != null) {
            recorded[index].finish(failure);
        }
    }

    @Override
    public String toString() {
        return api + " of " + batches.size() + " batches to " + table.path() + " at " + server;
    }
}
