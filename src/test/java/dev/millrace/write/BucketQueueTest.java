package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.error.AuthenticationException;
import dev.millrace.error.AuthenticationException.Reason;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.row.GenericRow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sequences of a bucket after failures, step by step, with the sender's part played here. */
@Timeout(30)
class BucketQueueTest {
    private static final long WRITER_ID = 7;
    private long nowNs;
    private final OffHeapPool pool = new OffHeapPool("test pool", 1 << 20, 1 << 18);
    private final RecordAccumulator accumulator;
    private final BucketQueue queue;
    private final RowWriter writer;

    BucketQueueTest() {
        final Config config = Config.builder().bootstrapServers("localhost:1").build();
        accumulator = new RecordAccumulator(config, null, null);
        final WriterIdentity nobodyAsks = new WriterIdentity(false, table -> WriterIdentity.NONE);
        final TableQueues table = new TableQueues(
                BucketSchedule.TABLE,
                WriteSettings.of(config),
                nobodyAsks,
                () -> nowNs,
                BucketSchedule.NOBODY,
                new WriteMetrics());
        final RowShape shape = table.shape(table.info(), KvTarget.WHOLE_ROWS);
        queue = table.queueFor(GenericRow.fromData(1), shape);
        writer = new RowWriter(accumulator, table, shape);
    }

    @AfterEach
    void close() {
        queue.end(() -> new IllegalStateException("over"), batch -> new RpcException("over"));
        assertThat(pool.outstandingBytes()).isZero();
        pool.close();
        accumulator.close();
    }

    @Test
    void shouldGiveTheSequenceOfABatchThatWasRefusedToTheNext() {
        final WriteBatch refused = send(WRITER_ID);
        queue.fail(refused, new FlussApiException(FlussError.AUTHORIZATION_EXCEPTION, "no"), true);
        assertThatThrownBy(refused.future::await).isInstanceOf(FlussApiException.class);

        final WriteBatch next = send(WRITER_ID);
        assertThat(next.sequence).isZero();
        assertThat(next.writerId).isEqualTo(WRITER_ID);
    }

    @Test
    void shouldNeverUseASequenceAgainThatTheServerMayHaveSeen() {
        final WriteBatch unanswered = send(WRITER_ID);
        queue.fail(unanswered, new RpcException("lost"), false);

        append();
        assertThat(queue.drain(nowNs, WRITER_ID))
                .as("the given-up writer id is too late")
                .isNull();
        final WriteBatch next = queue.drain(nowNs, WRITER_ID + 1);
        assertThat(next).isNotNull();
        assertThat(next.writerId).isEqualTo(WRITER_ID + 1);
        assertThat(next.sequence).isZero();
        queue.sent(next);
    }

    @Test
    void shouldSendAgainBeforeRowsThatCameLater() {
        final WriteBatch first = send(WriterIdentity.NONE);
        queue.attemptFailed(first, new RpcException("lost"));
        append();
        final WriteBatch again = drainWhenDue();
        assertThat(again).isSameAs(first);
    }

    @Test
    void shouldSendNothingNewBesideWhatWaitsUnderAnOldWriterId() {
        final FlussApiException moved = new FlussApiException(FlussError.NOT_LEADER_OR_FOLLOWER, "moved");
        final FlussApiException unknown = new FlussApiException(FlussError.OUT_OF_ORDER_SEQUENCE_EXCEPTION, "who?");
        fill();
        final WriteBatch a = drainSent(WRITER_ID);
        fill();
        final WriteBatch b = drainSent(WRITER_ID);
        fill();
        assertThat(a).isNotNull();
        assertThat(b).isNotNull();
        queue.attemptFailed(a, moved);
        queue.attemptFailed(b, moved);
        nowNs += TimeUnit.SECONDS.toNanos(2);
        assertThat(drainSent(WRITER_ID)).isSameAs(a);
        queue.attemptFailed(a, unknown);
        nowNs += TimeUnit.SECONDS.toNanos(2);
        assertThat(drainSent(WRITER_ID + 1)).as("under the next id").isSameAs(a);
        queue.acknowledge(a);
        assertThat(drainSent(WRITER_ID + 1)).isSameAs(b);
        assertThat(queue.drain(nowNs, WRITER_ID + 1)).as("beside b").isNull();
        queue.attemptFailed(b, unknown);
        nowNs += TimeUnit.SECONDS.toNanos(2);
        assertThat(drainSent(WRITER_ID + 1)).isSameAs(b);
        assertThat(b.sequence).isEqualTo(1);
    }

    @Test
    void shouldSayWhetherWhatIsRefusedMayHaveBeenWritten() {
        final WriteResultFuture unanswered = append();
        final WriteBatch first = drainSent(WRITER_ID);
        assertThat(first).isNotNull();
        queue.attemptFailed(first, new RpcException("lost"));
        fill();
        final WriteResultFuture unsent = append();
        queue.failAll(new AuthenticationException(Reason.WRONG_CREDENTIALS, "no entry"));

        assertThat(unanswered.failure())
                .isInstanceOf(AuthenticationException.class)
                .hasMessageContaining(
                        "which an earlier attempt may have written: AUTHENTICATE_EXCEPTION (46): no entry");
        assertThat(unsent.failure())
                .isInstanceOf(AuthenticationException.class)
                .hasMessageNotContaining("may have written");
    }

    /** Appends until a batch is full and the next one begun. */
    private void fill() {
        WriteResultFuture last = null;
        WriteResultFuture future = append();
        while (last == null || future == last) {
            last = future;
            future = append();
        }
    }

    private @Nullable WriteBatch drainSent(final long writerId) {
        final WriteBatch batch = queue.drain(nowNs, writerId);
        if (batch != null) {
            assertThat(queue.beginWrite(batch)).isTrue();
            queue.sent(batch);
        }
        return batch;
    }

    @Test
    void shouldNotFloodAServerThatRefusesEveryAttempt() {
        final FlussApiException refusal = new FlussApiException(FlussError.NOT_ENOUGH_REPLICAS_EXCEPTION, "too few");
        WriteBatch batch = send(WriterIdentity.NONE);
        final long startNs = nowNs;
        while (nowNs < startNs + TimeUnit.SECONDS.toNanos(60)) {
            queue.attemptFailed(batch, refusal);
            batch = drainWhenDue();
        }
        // From 20 ms to a second, half of it by chance: two a second in the end.
        assertThat(batch.attempts).isBetween(60, 130);
    }

    private WriteBatch drainWhenDue() {
        WriteBatch batch;
        do {
            nowNs += TimeUnit.MILLISECONDS.toNanos(1);
            batch = queue.drain(nowNs, WriterIdentity.NONE);
        } while (batch == null);
        queue.sent(batch);
        return batch;
    }

    private WriteBatch send(final long writerId) {
        append();
        final WriteBatch batch = queue.drain(nowNs, writerId);
        assertThat(batch).isNotNull();
        assertThat(queue.beginWrite(batch)).isTrue();
        queue.sent(batch);
        return batch;
    }

    private WriteResultFuture append() {
        final GenericRow row = GenericRow.fromData(1);
        WriteResultFuture future = queue.tryAppend(row, Change.PUT, writer);
        if (future == null) {
            final BatchFormat.Plan plan = queue.planFor(row, Change.PUT, writer);
            future = queue.appendToNew(row, Change.PUT, writer, plan, pool.tryAcquire(plan.blockLength()));
            assertThat(future).isNotNull();
        }
        queue.hurryOpen();
        return future;
    }
}
