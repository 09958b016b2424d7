package dev.millrace.write;

import dev.millrace.Config;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.types.DataTypes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One bucket, played through: appenders, the sender, the connections and a model of the server's side, each a step at a
 * time. The model takes a batch as the server does: in the sequence of its writer id, knowing the last five again.
 */
final class BucketSchedule implements AutoCloseable {
    private static final long TICK_NS = TimeUnit.SECONDS.toNanos(1); // as long as the longest pause between attempts
    private static final int LIFE_TICKS = 12;
    private static final int REMEMBERED = 5;
    private static final OffHeapPool POOL = new OffHeapPool("schedules", 1 << 20, 1 << 18);

    /** A table of one bucket with one INT column. */
    static final TableInfo TABLE = table();

    /** For tests that send by themselves. */
    static final Leaders NOBODY = new Leaders() {
        @Override
        public void seek(final BucketQueue orphan) {
            // The test itself drains the bucket.
        }

        @Override
        public void lookAgain(final BucketQueue orphan) {
            // It never lost its leader.
        }

        @Override
        public void forgetDropped(final Partitions partitions) {
            // There are none.
        }
    };

    private final RandomGenerator random;
    private final BucketQueue queue;
    private final WriterIdentity identity;
    private final RowWriter writer;
    private final RecordAccumulator accumulator;
    private final GenericRow row = new GenericRow(1);
    private long nowNs;
    private long lastWriterId = 100;

    // Each row's result by the row's number.
    private final List<WriteResultFuture> results = new ArrayList<>();
    private final Map<WriteResultFuture, List<Integer>> rowsOf = new HashMap<>();
    private @Nullable WriteBatch drained;

    // The open connection, and those that the client has given up while the server still reads from them.
    private Line line = new Line();
    private final List<Line> givenUp = new ArrayList<>();

    private final Map<Long, ArrayDeque<Integer>> lastSequences = new HashMap<>();
    private final List<Integer> log = new ArrayList<>();
    private boolean faulty = true;

    /** What was sent in one attempt; the number may have changed in the batch since. */
    private record Message(WriteBatch batch, long writerId, int sequence) {}

    private record Answer(WriteBatch batch, FlussError error) {}

    private static final class Line {
        final ArrayDeque<Message> sent = new ArrayDeque<>();
        final ArrayDeque<Answer> answers = new ArrayDeque<>();
        final Set<WriteBatch> awaited = new HashSet<>();
    }

    BucketSchedule(final RandomGenerator random) {
        this.random = random;
        final Config config = Config.builder()
                .bootstrapServers("localhost:1")
                .writerBatchSize(256)
                .writerBufferMemorySize(1 << 16)
                .writerDeliveryTimeout(Duration.ofNanos(LIFE_TICKS * TICK_NS))
                .writerMaxInflightRequestsPerBucket(1 + random.nextInt(REMEMBERED))
                .build();
        identity = new WriterIdentity(true, path -> ++lastWriterId);
        accumulator = new RecordAccumulator(config, null, null);
        final TableQueues queues =
                new TableQueues(TABLE, WriteSettings.of(config), identity, () -> nowNs, NOBODY, new WriteMetrics());
        final RowShape shape = queues.shape(TABLE, KvTarget.WHOLE_ROWS);
        queue = queues.queueFor(row, shape);
        writer = new RowWriter(accumulator, queues, shape);
    }

    private static TableInfo table() {
        final TableDescriptor descriptor = TableDescriptor.builder()
                .schema(Schema.builder().column("n", DataTypes.INT()).build())
                .distributedBy(1, List.of())
                .build();
        return new TableInfo(TablePath.of("d", "numbers"), 1, 1, descriptor, Instant.EPOCH, Instant.EPOCH);
    }

    void run(final int steps) {
        for (int i = 0; i < steps; i++) {
            step();
        }
        faulty = false;
        for (int i = 0; i < 10 * LIFE_TICKS && !allEnded(); i++) {
            queue.hurryOpen();
            send();
            serve(line);
            answer();
            if (i % 5 == 4) {
                nowNs += TICK_NS;
            }
        }
        if (!allEnded()) {
            throw new AssertionError("not all rows have ended");
        }
        // What is still under way arrives now.
        for (final Line old : givenUp) {
            while (!old.sent.isEmpty()) {
                serve(old);
            }
        }
    }

    private boolean allEnded() {
        return results.stream().allMatch(WriteResultFuture::isDone);
    }

    private void step() {
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> append();
            case 4, 5 -> queue.hurryOpen();
            case 6, 7, 8 -> send();
            case 9, 10 -> serve(line);
            case 11, 12 -> answer();
            case 13 -> cut();
            case 14 -> nowNs += TICK_NS * (random.nextInt(20) == 0 ? LIFE_TICKS / 2 : 1);
            default -> {
                if (!givenUp.isEmpty()) {
                    serve(givenUp.get(random.nextInt(givenUp.size())));
                } else if (random.nextInt(4) == 0) {
                    forgetWriters();
                }
            }
        }
    }

    private void append() {
        row.setInt(0, results.size());
        WriteResultFuture future = queue.tryAppend(row, Change.PUT, writer);
        while (future == null) {
            final BatchFormat.Plan plan = queue.planFor(row, Change.PUT, writer);
            final Block block = POOL.tryAcquire(plan.blockLength());
            if (block == null) {
                throw new IllegalStateException("the pool is too small");
            }
            future = queue.appendToNew(row, Change.PUT, writer, plan, block);
        }
        rowsOf.computeIfAbsent(future, f -> new ArrayList<>()).add(results.size());
        results.add(future);
    }

    /** A step of the sender: takes a batch, or goes on with the one it has. */
    private void send() {
        final WriteBatch batch = drained;
        if (batch == null) {
            drained = queue.drain(nowNs, identity.obtain(TABLE.tablePath()));
            return;
        }
        drained = null;
        switch (faulty ? random.nextInt(12) : 11) {
            case 0 -> {
                queue.sent(batch);
                queue.attemptFailed(batch, new RpcException("no connection"));
            }
            case 1 -> {
                queue.sent(batch);
                queue.fail(batch, new RpcException("no codec"), false);
            }
            default -> {
                if (queue.beginWrite(batch)) {
                    line.sent.add(new Message(batch, batch.writerId, batch.sequence));
                    line.awaited.add(batch);
                }
                queue.sent(batch);
            }
        }
    }

    /** The server takes the next message of a connection. */
    private void serve(final Line from) {
        final Message message = from.sent.poll();
        if (message == null) {
            return;
        }
        final FlussError error = switch (faulty ? random.nextInt(20) : 19) {
            case 0 -> FlussError.NOT_LEADER_OR_FOLLOWER;
            case 1 -> FlussError.AUTHORIZATION_EXCEPTION;
            case 2 -> {
                final FlussError taken = take(message);
                yield taken == FlussError.NONE ? FlussError.NOT_ENOUGH_REPLICAS_AFTER_APPEND_EXCEPTION : taken;
            }
            default -> take(message);
        };
        from.answers.add(new Answer(message.batch, error));
    }

    private FlussError take(final Message message) {
        final ArrayDeque<Integer> last = lastSequences.computeIfAbsent(message.writerId, id -> new ArrayDeque<>());
        if (last.contains(message.sequence)) {
            return FlussError.NONE;
        }
        if (message.sequence != (last.isEmpty() ? 0 : last.getLast() + 1)) {
            return FlussError.OUT_OF_ORDER_SEQUENCE_EXCEPTION;
        }
        if (last.size() == REMEMBERED) {
            last.removeFirst();
        }
        last.add(message.sequence);
        log.addAll(rowsOf.get(message.batch.future));
        return FlussError.NONE;
    }

    /** As after days of silence: nothing is under way. */
    private void forgetWriters() {
        if (line.sent.isEmpty() && allEnded()) {
            lastSequences.clear();
        }
    }

    private void answer() {
        final Answer answer = line.answers.poll();
        if (answer == null) {
            return;
        }
        line.awaited.remove(answer.batch);
        if (answer.error == FlussError.NONE) {
            queue.acknowledge(answer.batch);
        } else {
            queue.attemptFailed(answer.batch, new FlussApiException(answer.error, "refused"));
        }
    }

    /** The connection ends: the server still gets some of what was sent, now or later, and no answer comes back. */
    private void cut() {
        final Line old = line;
        line = new Line();
        for (int lost = random.nextInt(old.sent.size() + 1); lost > 0; lost--) {
            old.sent.pollLast();
        }
        if (!old.sent.isEmpty()) {
            givenUp.add(old);
        }
        old.awaited.stream()
                .sorted((a, b) -> Long.compare(a.ordinal, b.ordinal))
                .forEach(batch -> queue.attemptFailed(batch, new RpcException("the connection is cut")));
    }

    int rowCount() {
        return results.size();
    }

    List<Integer> log() {
        return log;
    }

    boolean isAcknowledged(final int number) {
        return failure(number) == null;
    }

    @Nullable FlussException failure(final int number) {
        return results.get(number).failure();
    }

    /** How many rows ended so; null for those that were acknowledged. */
    int count(final @Nullable Class<? extends FlussException> kind) {
        int count = 0;
        for (final WriteResultFuture result : results) {
            final FlussException failure = result.failure();
            if (kind == null ? failure == null : kind.isInstance(failure)) {
                count++;
            }
        }
        return count;
    }

    /** All memory must be back. */
    @Override
    public void close() {
        queue.end(() -> new IllegalStateException("over"), batch -> new RpcException("over"));
        if (drained != null) {
            queue.sent(drained);
        }
        accumulator.close();
        if (POOL.outstandingBytes() != 0) {
            throw new AssertionError("memory is left behind: " + POOL);
        }
    }
}
