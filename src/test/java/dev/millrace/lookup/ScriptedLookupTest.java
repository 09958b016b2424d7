package dev.millrace.lookup;

import static dev.millrace.lookup.ScriptedTable.BUCKETS;
import static dev.millrace.lookup.ScriptedTable.answer;
import static dev.millrace.lookup.ScriptedTable.key;
import static dev.millrace.lookup.ScriptedTable.parse;
import static dev.millrace.lookup.ScriptedTable.textOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.Config;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.LookupRequest;
import dev.millrace.internal.rpc.proto.LookupResponse;
import dev.millrace.internal.rpc.proto.PbLookupReqForBucket;
import dev.millrace.internal.rpc.proto.PbLookupRespForBucket;
import dev.millrace.internal.rpc.proto.PbPrefixLookupRespForBucket;
import dev.millrace.internal.rpc.proto.PbValue;
import dev.millrace.internal.rpc.proto.PbValueList;
import dev.millrace.internal.rpc.proto.PrefixLookupRequest;
import dev.millrace.internal.rpc.proto.PrefixLookupResponse;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.testkit.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What real servers do not do: damage, answers that are late, long or missing, and errors at will. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ScriptedLookupTest {
    private static Config.Builder config() {
        return Config.builder().requestTimeout(Duration.ofSeconds(20));
    }

    private static void answerWell(final Request request) {
        request.answer(answer(parse(request)));
    }

    private static String text(final LookupResult result) {
        return LookupTable.text(result);
    }

    // ---- damage --------------------------------------------------------------------------------------------------

    @Test
    void shouldNotBeHarmedByDamageAnywhere() throws Exception {
        final AtomicReference<@Nullable UnaryOperator<byte[]>> damage = new AtomicReference<>();
        try (ScriptedTable table = new ScriptedTable(config(), request -> {
            final byte[] good = answer(parse(request)).toByteArray();
            final UnaryOperator<byte[]> once = damage.getAndSet(null);
            request.answer(once == null ? good : once.apply(good));
        })) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            final List<InternalRow> keys = List.of(key(1), key(2), key(-3), key(1), key(5), key(6), key(7));
            final List<String> expected = List.of(textOf(1), textOf(2), "", textOf(1), textOf(5), textOf(6), textOf(7));
            final AtomicInteger length = new AtomicInteger();
            damage.set(good -> {
                length.set(good.length);
                return good;
            });
            assertThat(texts(lookuper, keys)).isEqualTo(expected);
            final int connections = table.connections();
            int refused = 0;
            for (int at = 0; at < length.get(); at++) {
                final int index = at;
                for (final int bits : new int[] {0xFF, 0x01, 0x80, 0x08}) {
                    damage.set(good -> {
                        good[index] ^= (byte) bits;
                        return good;
                    });
                    refused += isRefused(lookuper, keys) ? 1 : 0;
                }
                damage.set(good -> Arrays.copyOf(good, index));
                refused += isRefused(lookuper, keys) ? 1 : 0;
            }
            assertThat(refused).isGreaterThan(length.get());
            assertThat(texts(lookuper, keys)).isEqualTo(expected);
            assertThat(table.connections())
                    .as("no damage of an answer breaks the connection")
                    .isEqualTo(connections);
        }
    }

    /** Reads everything, whatever it is; false if that went well. */
    private static boolean isRefused(final Lookuper lookuper, final List<InternalRow> keys) {
        try {
            assertThat(texts(lookuper, keys)).hasSize(keys.size());
            return false;
        } catch (CorruptDataException | FlussApiException e) {
            assertThat(e).hasMessageContaining(ScriptedTable.PATH.toString());
            return true;
        }
    }

    private static List<String> texts(final Lookuper lookuper, final List<InternalRow> keys) {
        return lookuper.lookupAll(keys).stream().map(ScriptedLookupTest::text).toList();
    }

    @Test
    void shouldNoticeAnswersThatDoNotFit() throws Exception {
        final AtomicReference<UnaryOperator<LookupResponse>> change = new AtomicReference<>(good -> good);
        try (ScriptedTable table = new ScriptedTable(
                config(), request -> request.answer(change.get().apply(answer(parse(request)))))) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            change.set(good -> LookupResponse.getDefaultInstance());
            assertThatThrownBy(() -> lookuper.lookup(key(1)))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("leaves out a bucket");
            change.set(good -> good.toBuilder()
                    .setBucketsResp(0, good.getBucketsResp(0).toBuilder().addValues(PbValue.getDefaultInstance()))
                    .build());
            assertThatThrownBy(() -> lookuper.lookup(key(1)))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("2 answers for 1 keys");
            change.set(good -> good.toBuilder()
                    .setBucketsResp(0, good.getBucketsResp(0).toBuilder().setBucketId(BUCKETS))
                    .build());
            assertThatThrownBy(() -> lookuper.lookup(key(1)))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("which was not asked");
            change.set(good -> good.toBuilder()
                    .setBucketsResp(
                            0,
                            PbLookupRespForBucket.newBuilder(good.getBucketsResp(0))
                                    .setValues(0, PbValue.newBuilder().setValues(ByteString.copyFrom(new byte[1]))))
                    .build());
            assertThatThrownBy(() -> lookuper.lookup(key(1)))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("where a schema id is due");
            change.set(good -> Collections.nCopies(2, good).stream()
                    .reduce(
                            LookupResponse.getDefaultInstance(),
                            (a, b) -> a.toBuilder().mergeFrom(b).build()));
            assertThat(text(lookuper.lookup(key(1)))).as("the same twice").isEqualTo(textOf(1));
            change.set(good -> good);
            assertThat(text(lookuper.lookup(key(1)))).isEqualTo(textOf(1));
        }
    }

    // ---- errors --------------------------------------------------------------------------------------------------

    @Test
    void shouldAskAgainAfterAnErrorThatPasses() throws Exception {
        final AtomicInteger requests = new AtomicInteger();
        try (ScriptedTable table = new ScriptedTable(config(), request -> {
            switch (requests.incrementAndGet()) {
                case 1 ->
                    request.answer(ScriptedTable.refusal(
                            parse(request), FlussError.NOT_LEADER_OR_FOLLOWER, "not the leader any more"));
                case 2 -> request.refuse(FlussError.REQUEST_TIME_OUT.code(), "busy");
                case 3 -> request.cut();
                default -> answerWell(request);
            }
        })) {
            assertThat(text(table.newLookup().createLookuper().lookup(key(9)))).isEqualTo(textOf(9));
            assertThat(requests).hasValue(4);
            assertThat(table.metadataRequests.get())
                    .as("looked for the leader each time")
                    .isGreaterThanOrEqualTo(4);
        }
    }

    @Test
    void shouldEndWithTheErrorAfterTheLastRetry() throws Exception {
        final AtomicInteger requests = new AtomicInteger();
        try (ScriptedTable table = new ScriptedTable(config().lookupMaxRetries(2), request -> {
            requests.incrementAndGet();
            request.answer(ScriptedTable.refusal(parse(request), FlussError.STORAGE_EXCEPTION, "the disk is full"));
        })) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            assertThatThrownBy(() -> lookuper.lookup(key(9)))
                    .isInstanceOf(FlussApiException.class)
                    .hasMessageContaining("lookup in table market.numbers by [n, m], bucket ")
                    .hasMessageContaining("by ts-7: the disk is full");
            assertThat(requests).hasValue(3);
        }
    }

    @Test
    void shouldEndAtOnceWithAnErrorThatStays() throws Exception {
        final AtomicInteger requests = new AtomicInteger();
        try (ScriptedTable table = new ScriptedTable(config(), request -> {
            requests.incrementAndGet();
            final LookupRequest lookups = parse(request);
            final int refused = lookups.getBucketsReqCount() - 1;
            request.answer(answer(lookups).toBuilder()
                    .setBucketsResp(
                            refused,
                            PbLookupRespForBucket.newBuilder()
                                    .setBucketId(lookups.getBucketsReq(refused).getBucketId())
                                    .setErrorCode(FlussError.AUTHORIZATION_EXCEPTION.code()))
                    .build());
        })) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            assertThatThrownBy(() -> lookuper.lookupAll(
                            IntStream.range(0, 40).mapToObj(ScriptedTable::key).toList()))
                    .isInstanceOf(FlussApiException.class)
                    .extracting(e -> ((FlussApiException) e).error())
                    .isEqualTo(FlussError.AUTHORIZATION_EXCEPTION);
            assertThat(requests).hasValue(1);
        }
    }

    // ---- leaving early -------------------------------------------------------------------------------------------

    @Test
    void shouldNotSeeALateAnswerAfterAnInterrupt() throws Exception {
        final BlockingQueue<Request> held = new LinkedBlockingQueue<>();
        try (ScriptedTable table = new ScriptedTable(config(), request -> {
            if (parse(request).getBucketsReq(0).getKeys(0).byteAt(0) == 1) {
                held.add(request);
            } else {
                answerWell(request);
            }
        })) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            final LookupResult result = lookuper.newResult();
            final AtomicReference<@Nullable Object> outcome = new AtomicReference<>();
            final Thread caller = Thread.ofVirtual().start(() -> {
                try {
                    outcome.set(lookuper.lookup(key(1), result));
                } catch (FlussInterruptedException e) {
                    outcome.set(Thread.currentThread().isInterrupted());
                }
            });
            final Request late = next(held);
            caller.interrupt();
            caller.join();
            assertThat(outcome.get()).isEqualTo(true);
            assertThat(text(lookuper.lookup(key(2), result))).isEqualTo(textOf(2));
            answerWell(late);
            assertThat(text(lookuper.lookup(key(3))))
                    .as("after the late answer was read")
                    .isEqualTo(textOf(3));
            assertThat(text(result)).isEqualTo(textOf(2));
        }
    }

    @Test
    void shouldGiveUpAtTheDeadline() throws Exception {
        final BlockingQueue<Request> held = new LinkedBlockingQueue<>();
        try (ScriptedTable table =
                new ScriptedTable(Config.builder().requestTimeout(Duration.ofMillis(600)), held::add)) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            final LookupResult result = lookuper.newResult();
            for (int round = 0; round < 3; round++) {
                final long startNs = System.nanoTime();
                assertThatThrownBy(() -> lookuper.lookup(key(1), result))
                        .isInstanceOf(RpcException.class)
                        .hasMessageContaining("no answer in time to a lookup in table market.numbers by [n, m]")
                        .hasMessageContaining("tablet server 7");
                assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                        .isBetween(Duration.ofMillis(590), Duration.ofSeconds(10));
                assertThat(result.rowCount()).isZero();
            }
            answerWell(next(held));
            assertThat(result.rowCount()).isZero();
        }
    }

    @Test
    void shouldEndAllThatWaitWhenClosed() throws Exception {
        final BlockingQueue<Request> held = new LinkedBlockingQueue<>();
        try (ScriptedTable table = new ScriptedTable(config(), held::add);
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            final List<Future<?>> waiting = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                final int n = i % 100;
                waiting.add(executor.submit(() -> lookuper.lookup(key(n))));
            }
            waiting.add(executor.submit(() -> lookuper.lookupAll(List.of(key(1), key(2)))));
            next(held);
            final long startNs = System.nanoTime();
            table.client.close();
            for (final Future<?> each : waiting) {
                assertThatThrownBy(each::get)
                        .isInstanceOf(ExecutionException.class)
                        .cause()
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("closed");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(Duration.ofSeconds(8));
            assertThatThrownBy(() -> lookuper.lookup(key(1))).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> table.newLookup().createLookuper()).isInstanceOf(IllegalStateException.class);
        }
    }

    // ---- travelling together -------------------------------------------------------------------------------------

    @Test
    void shouldGatherWhileRequestsAreOut() throws Exception {
        final BlockingQueue<Request> held = new LinkedBlockingQueue<>();
        final Queue<LookupRequest> seen = new ConcurrentLinkedQueue<>();
        try (ScriptedTable table = new ScriptedTable(config().lookupMaxBatchSize(50), held::add);
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            final List<Future<String>> texts = new ArrayList<>();
            texts.add(executor.submit(() -> text(lookuper.lookup(key(1)))));
            final Request first = next(held);
            assertThat(keyCount(parse(first))).as("a lone one leaves at once").isOne();
            for (int n = 0; n < 100; n++) {
                final int number = n;
                texts.add(executor.submit(() -> text(lookuper.lookup(key(number)))));
            }
            answerWell(first);
            int left = 100;
            while (left > 0) {
                final Request request = next(held);
                seen.add(parse(request));
                left -= keyCount(parse(request));
                answerWell(request);
            }
            assertThat(texts.get(0).get()).isEqualTo(textOf(1));
            for (int n = 0; n < 100; n++) {
                assertThat(texts.get(n + 1).get()).isEqualTo(textOf(n));
            }
            assertThat(seen).allSatisfy(request -> {
                assertThat(keyCount(request)).isLessThanOrEqualTo(50);
                assertThat(request.getBucketsReqList().stream()
                                .map(PbLookupReqForBucket::getBucketId)
                                .toList())
                        .doesNotHaveDuplicates();
            });
        }
    }

    @Test
    void shouldFailNoLookupsOfAnotherKindThanTheServerLacks() throws Exception {
        final BlockingQueue<Request> held = new LinkedBlockingQueue<>();
        final AtomicReference<String> third = new AtomicReference<>();
        try (ScriptedTable table = new ScriptedTable(config(), held::add).limitedTo(Api.GET_METADATA, Api.LOOKUP);
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            final Lookuper byPrefix = table.newLookup().lookupBy("n").createLookuper();
            final List<Request> out = new ArrayList<>();
            for (int n = 1; n <= 2; n++) {
                final int number = n;
                executor.submit(() -> lookuper.lookup(key(number)));
                out.add(next(held));
            }
            final Thread waiting = Thread.startVirtualThread(() -> third.set(text(lookuper.lookup(key(3)))));
            while (waiting.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            assertThatThrownBy(() -> byPrefix.lookup(GenericRow.fromData((byte) 3)))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("does not serve " + Api.PREFIX_LOOKUP);
            out.forEach(ScriptedLookupTest::answerWell);
            answerWell(next(held));
            assertThat(waiting.join(Duration.ofSeconds(20))).isTrue();
            assertThat(third).hasValue(textOf(3));
        }
    }

    @Test
    void shouldSendAllKeysOfACallTogether() throws Exception {
        final Queue<LookupRequest> seen = new ConcurrentLinkedQueue<>();
        try (ScriptedTable table = new ScriptedTable(config(), request -> {
            seen.add(parse(request));
            answerWell(request);
        })) {
            final List<InternalRow> keys = IntStream.range(0, 100)
                    .<InternalRow>mapToObj(ScriptedTable::key)
                    .toList();
            final List<String> expected =
                    IntStream.range(0, 100).mapToObj(ScriptedTable::textOf).toList();
            assertThat(texts(table.newLookup().createLookuper(), keys)).isEqualTo(expected);
            assertThat(seen).hasSize(1);
            assertThat(seen.peek().getBucketsReqCount()).isLessThanOrEqualTo(BUCKETS);
            assertThat(keyCount(seen.peek())).isEqualTo(100);
        }
    }

    private static int keyCount(final LookupRequest request) {
        return request.getBucketsReqList().stream()
                .mapToInt(PbLookupReqForBucket::getKeysCount)
                .sum();
    }

    @Test
    void shouldAskOneByOneWhenTheRowsTogetherAreTooMany() throws Exception {
        final AtomicInteger requests = new AtomicInteger();
        final byte[] half = ScriptedTable.value(new byte[] {1, 1}, "x".repeat(LookupAnswers.MAX_LENGTH / 2));
        final byte[] whole = ScriptedTable.value(new byte[] {2, 2}, "x".repeat(LookupAnswers.MAX_LENGTH));
        try (ScriptedTable table = new ScriptedTable(config(), request -> {
            requests.incrementAndGet();
            request.answer(prefixAnswer(request, half, whole));
        })) {
            final Lookuper lookuper = table.newLookup().lookupBy("n").createLookuper();
            final InternalRow one = GenericRow.fromData((byte) 1);
            assertThat(lookuper.lookupAll(List.of(one, one)))
                    .extracting(result ->
                            result.getSingleRow().orElseThrow().getString(2).length())
                    .containsExactly(LookupAnswers.MAX_LENGTH / 2, LookupAnswers.MAX_LENGTH / 2);
            assertThat(requests).hasValue(3);
            assertThatThrownBy(() -> lookuper.lookup(GenericRow.fromData((byte) 2)))
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("prefix lookup in table market.numbers by [n]");
            assertThat(requests).hasValue(4);
        }
    }

    private static PrefixLookupResponse prefixAnswer(final Request request, final byte[] one, final byte[] two) {
        try {
            final PrefixLookupResponse.Builder response = PrefixLookupResponse.newBuilder();
            for (final var asked : PrefixLookupRequest.parseFrom(request.body()).getBucketsReqList()) {
                final PbPrefixLookupRespForBucket.Builder bucket =
                        PbPrefixLookupRespForBucket.newBuilder().setBucketId(asked.getBucketId());
                for (final ByteString key : asked.getKeysList()) {
                    bucket.addValueLists(
                            PbValueList.newBuilder().addValues(ByteString.copyFrom(key.byteAt(0) == 1 ? one : two)));
                }
                response.addBucketsResp(bucket);
            }
            return response.build();
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new IllegalStateException("the server could not read this request", e);
        }
    }

    private static Request next(final BlockingQueue<Request> held) throws InterruptedException {
        final Request request = held.poll(20, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("no request came in");
        }
        return request;
    }

    @Test
    void shouldMakeExceptionsThatNameThePlace() throws Exception {
        try (ScriptedTable table = new ScriptedTable(
                config(), request -> request.refuse(FlussError.AUTHORIZATION_EXCEPTION.code(), "not for you"))) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            final List<FlussException> thrown = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                try {
                    lookuper.lookup(key(1));
                } catch (FlussException e) {
                    thrown.add(e);
                }
            }
            assertThat(thrown)
                    .hasSize(2)
                    .allSatisfy(e -> assertThat(e)
                            .isInstanceOf(FlussApiException.class)
                            .hasMessageContaining("lookup in table market.numbers by [n, m], bucket ")
                            .hasMessageContaining("not for you"));
        }
    }
}
