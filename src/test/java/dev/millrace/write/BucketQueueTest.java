package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sequences of a bucket after failures, step by step, with the sender's part played here. */
@WithCluster
@Timeout(30)
class BucketQueueTest {
    private static final long WRITER_ID = 7;
    static final Leaders NOBODY = new Leaders() {
        @Override
        public void seek(final BucketQueue orphan) {
            // The test itself drains the bucket.
        }

        @Override
        public void lookAgain(final BucketQueue orphan) {
            seek(orphan);
        }

        @Override
        public void forgetDropped(final Partitions partitions) {
            // There are none.
        }
    };

    private final OffHeapPool pool = new OffHeapPool("test pool", 1 << 20, 1 << 18);
    private final FlussConnection connection;
    private final BucketQueue queue;
    private final AppendWriter writer;

    BucketQueueTest(final FlussCluster cluster, final Database database) {
        final Config config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
        connection = FlussConnection.connect(config);
        final TablePath path = TablePath.of(database.name(), "numbers");
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(Schema.builder()
                                        .column("n", DataTypes.BIGINT())
                                        .build())
                                .distributedBy(1, List.of())
                                .build(),
                        true);
        writer = connection.getTable(path).newAppend().createWriter();
        final TableInfo info = connection.getTable(path).getTableInfo();
        final WriterIdentity nobodyAsks = new WriterIdentity(false, null, null, 0);
        queue = new TableQueues(info, WriteSettings.of(config), nobodyAsks, NOBODY).queueFor(GenericRow.fromData(1L));
    }

    @AfterEach
    void close() {
        queue.end(() -> new IllegalStateException("over"), batch -> new RpcException("over"));
        assertThat(pool.outstandingBytes()).isZero();
        pool.close();
        connection.close();
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
        assertThat(queue.drain(System.nanoTime(), WRITER_ID))
                .as("the given-up writer id is too late")
                .isNull();
        final WriteBatch next = queue.drain(System.nanoTime(), WRITER_ID + 1);
        assertThat(next).isNotNull();
        assertThat(next.writerId).isEqualTo(WRITER_ID + 1);
        assertThat(next.sequence).isZero();
        queue.sent(next);
    }

    @Test
    void shouldSendAgainBeforeRowsThatCameLater() {
        final WriteBatch first = send(WriterIdentity.NONE);
        queue.retry(first);
        append();
        final WriteBatch again = drainWhenDue();
        assertThat(again).isSameAs(first);
    }

    private WriteBatch drainWhenDue() {
        WriteBatch batch;
        do {
            Thread.onSpinWait();
            batch = queue.drain(System.nanoTime(), WriterIdentity.NONE);
        } while (batch == null);
        queue.sent(batch);
        return batch;
    }

    private WriteBatch send(final long writerId) {
        append();
        final WriteBatch batch = queue.drain(System.nanoTime(), writerId);
        assertThat(batch).isNotNull();
        assertThat(queue.beginWrite(batch)).isTrue();
        queue.sent(batch);
        return batch;
    }

    private void append() {
        final GenericRow row = GenericRow.fromData(1L);
        if (queue.tryAppend(row, writer) == null) {
            final BatchFormat.Plan plan = queue.planFor(row);
            assertThat(queue.appendToNew(row, writer, plan, pool.tryAcquire(plan.blockLength())))
                    .isNotNull();
        }
        queue.hurryOpen();
    }
}
