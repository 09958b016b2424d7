package dev.millrace.internal.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.error.AuthenticationException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.RpcSettings;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.ListPartitionInfosResponse;
import dev.millrace.internal.rpc.proto.MetadataRequest;
import dev.millrace.internal.rpc.proto.MetadataResponse;
import dev.millrace.internal.rpc.proto.PbBucketMetadata;
import dev.millrace.internal.rpc.proto.PbKeyValue;
import dev.millrace.internal.rpc.proto.PbPartitionInfo;
import dev.millrace.internal.rpc.proto.PbPartitionMetadata;
import dev.millrace.internal.rpc.proto.PbPartitionSpec;
import dev.millrace.internal.rpc.proto.PbPhysicalTablePath;
import dev.millrace.internal.rpc.proto.PbServerNode;
import dev.millrace.internal.rpc.proto.PbTableMetadata;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.internal.rpc.proto.TableExistsResponse;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.MovingHost;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(60)
class ClusterTest {
    private static final TablePath TICKS = TablePath.of("market", "ticks");
    private static final TablePath ORDERS = TablePath.of("market", "orders");
    private static final int EXISTING = 2_000;
    private static final TablePath NOTHING = TablePath.of("market", "nothing");

    private final RpcClient rpc =
            new RpcClient(new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(30), 1 << 20, null));
    private final List<Cluster> clusters = new ArrayList<>();

    private Cluster cluster(final String bootstrap) {
        final Cluster cluster = new Cluster(rpc, BootstrapServers.parse(bootstrap), TimeUnit.SECONDS.toNanos(20));
        clusters.add(cluster);
        return cluster;
    }

    @AfterEach
    void close() {
        clusters.forEach(Cluster::close);
        rpc.close();
    }

    private static long in(final long millis) {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private static String address(final ScriptedServer server) {
        return server.node().host() + ":" + server.node().port();
    }

    /** Answers with itself as the only tablet server, and with the tables asked for, led by it. */
    private static void answer(final ScriptedServer server, final Request request) {
        final MetadataResponse.Builder response = MetadataResponse.newBuilder()
                .setCoordinatorServer(PbServerNode.newBuilder()
                        .setNodeId(0)
                        .setHost("localhost")
                        .setPort(1))
                .addTabletServers(PbServerNode.newBuilder()
                        .setNodeId(server.node().id())
                        .setHost(server.node().host())
                        .setPort(server.node().port()));
        for (final PbTablePath path : asked(request)) {
            response.addTableMetadata(PbTableMetadata.newBuilder()
                    .setTablePath(path)
                    .setTableId(11)
                    .setSchemaId(1)
                    .setTableJson(ByteString.EMPTY)
                    .setCreatedTime(0)
                    .setModifiedTime(0)
                    .addBucketMetadata(PbBucketMetadata.newBuilder()
                            .setBucketId(2)
                            .setLeaderId(server.node().id()))
                    .addBucketMetadata(PbBucketMetadata.newBuilder().setBucketId(0)));
        }
        request.answer(response.build());
    }

    private static List<PbTablePath> asked(final Request request) {
        try {
            return MetadataRequest.parseFrom(request.body()).getTablePathList();
        } catch (final InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldFindTheClusterBehindDeadAddresses() throws Exception {
        final String closed;
        try (ScriptedServer gone = ScriptedServer.holding()) {
            closed = address(gone);
        }
        try (ScriptedServer server = ScriptedServer.holding()) {
            server.script(request -> answer(server, request));
            final Cluster cluster = cluster("no-such-host.invalid:9123," + closed + ", " + address(server));
            final ClusterSnapshot snapshot = cluster.refresh(List.of(TICKS), in(20_000));
            assertThat(snapshot.tabletServers()).isEqualTo(Map.of(7, server.node()));
            assertThat(cluster.coordinator(in(1)).uid()).isEqualTo("cs-0");
            assertThat(cluster.anyTabletServer()).isEqualTo(server.node());
            final TableLocation location = cluster.locate(TICKS, in(1));
            assertThat(location.leaders()).containsExactly(-1, -1, 7);
            assertThat(location.tableId()).isEqualTo(11);
            assertThat(snapshot.leader(location, 2)).isEqualTo(server.node());
            assertThat(snapshot.leader(location, 0)).isNull();
            assertThat(snapshot.leader(location, 9)).isNull();
        }
    }

    /** Answers for partitions named after their ids, and fails the whole request for one that has no such name. */
    private static void answerPartitions(final ScriptedServer server, final Request request) {
        final MetadataRequest asked;
        try {
            asked = MetadataRequest.parseFrom(request.body());
        } catch (final InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
        final MetadataResponse.Builder response = MetadataResponse.newBuilder()
                .addTabletServers(PbServerNode.newBuilder()
                        .setNodeId(server.node().id())
                        .setHost(server.node().host())
                        .setPort(server.node().port()));
        asked.getTablePathList()
                .forEach(path -> response.addTableMetadata(PbTableMetadata.newBuilder()
                        .setTablePath(path)
                        .setTableId(11)
                        .setSchemaId(1)
                        .setTableJson(ByteString.EMPTY)
                        .setCreatedTime(0)
                        .setModifiedTime(0)));
        for (final long id : asked.getPartitionsIdList()) {
            if (id > EXISTING) {
                request.refuse(FlussError.PARTITION_NOT_EXISTS.code(), "no " + id);
                return;
            }
            response.addPartitionMetadata(PbPartitionMetadata.newBuilder()
                    .setTableId(11)
                    .setPartitionName("p" + id)
                    .setPartitionId(id)
                    .addBucketMetadata(PbBucketMetadata.newBuilder()
                            .setBucketId(0)
                            .setLeaderId(server.node().id())));
        }
        for (final PbPhysicalTablePath path : asked.getPartitionsPathList()) {
            if (!path.getPartitionName().matches("\\d+")) {
                request.refuse(FlussError.PARTITION_NOT_EXISTS.code(), "no " + path.getPartitionName());
                return;
            }
            response.addPartitionMetadata(PbPartitionMetadata.newBuilder()
                    .setTableId(11)
                    .setPartitionName(path.getPartitionName())
                    .setPartitionId(Long.parseLong(path.getPartitionName()))
                    .addBucketMetadata(PbBucketMetadata.newBuilder()
                            .setBucketId(1)
                            .setLeaderId(server.node().id())));
        }
        request.answer(response.build());
    }

    @Test
    void shouldKnowPartitionsAndForgetThemOneByOne() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            server.script(request -> answerPartitions(server, request));
            final Cluster cluster = cluster(address(server));
            final PartitionPath first = new PartitionPath(TICKS, "1");
            final PartitionPath second = new PartitionPath(TICKS, "2");
            final PartitionLocation location = cluster.locate(first, in(20_000));
            assertThat(location.partitionId()).isEqualTo(1);
            assertThat(location.tableId()).isEqualTo(11);
            assertThat(location.leaders()).containsExactly(-1, 7);
            assertThat(cluster.snapshot().leader(location, 1)).isEqualTo(server.node());
            assertThat(cluster.snapshot().leader(location, 0)).isNull();
            cluster.locate(second, in(20_000));

            assertThatThrownBy(() -> cluster.locate(new PartitionPath(TICKS, "none"), in(20_000)))
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.PARTITION_NOT_EXISTS));
            assertThat(cluster.snapshot().partitions()).containsOnlyKeys(first, second);
            cluster.invalidate(first);
            assertThat(cluster.snapshot().partitions()).containsOnlyKeys(second);
            cluster.invalidate(TICKS);
            assertThat(cluster.snapshot().partitions()).isEmpty();
        }
    }

    @Test
    void shouldFindPartitionsByIdWithFewRequestsWhateverIsMissing() throws Exception {
        final List<Api> requests = new CopyOnWriteArrayList<>();
        try (ScriptedServer server = ScriptedServer.holding()) {
            server.script(request -> {
                requests.add(request.api());
                if (request.api() == Api.LIST_PARTITION_INFOS) {
                    final ListPartitionInfosResponse.Builder list = ListPartitionInfosResponse.newBuilder();
                    for (long id = 1; id <= EXISTING; id++) {
                        list.addPartitionsInfo(PbPartitionInfo.newBuilder()
                                .setPartitionId(id)
                                .setPartitionSpec(PbPartitionSpec.newBuilder()
                                        .addPartitionKeyValues(PbKeyValue.newBuilder()
                                                .setKey("day")
                                                .setValue("p" + id))));
                    }
                    request.answer(list.build());
                } else {
                    answerPartitions(server, request);
                }
            });
            final Cluster cluster = cluster(address(server));
            final Set<Long> existing =
                    LongStream.rangeClosed(1, EXISTING).boxed().collect(Collectors.toSet());
            assertThat(cluster.locate(TICKS, existing, in(20_000)))
                    .containsOnlyKeys(existing)
                    .allSatisfy((id, location) -> {
                        assertThat(location.partitionId()).isEqualTo(id);
                        assertThat(location.leader(0)).isEqualTo(7);
                    });
            assertThat(requests).containsExactly(Api.GET_METADATA);
            assertThat(cluster.locate(new PartitionId(TICKS, 5), in(1)).path())
                    .isEqualTo(new PartitionPath(TICKS, "p5"));
            assertThat(requests).hasSize(1);

            cluster.invalidate(TICKS);
            requests.clear();
            final Set<Long> asked =
                    LongStream.rangeClosed(1, EXISTING + 300).boxed().collect(Collectors.toSet());
            assertThat(cluster.locate(TICKS, asked, in(20_000))).containsOnlyKeys(existing);
            assertThat(requests).containsExactly(Api.GET_METADATA, Api.LIST_PARTITION_INFOS, Api.GET_METADATA);
            assertThatThrownBy(() -> cluster.locate(new PartitionId(TICKS, EXISTING + 1), in(20_000)))
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.PARTITION_NOT_EXISTS))
                    .hasMessageContaining(String.valueOf(EXISTING + 1));
        }
    }

    @Test
    void shouldNotWaitForDeadAddressesBeforeALiveOne() throws Exception {
        final String closed;
        try (ScriptedServer gone = ScriptedServer.holding()) {
            closed = address(gone);
        }
        try (ScriptedServer mute = ScriptedServer.holding().withoutHandshake();
                ScriptedServer frozen = ScriptedServer.holding();
                ScriptedServer server = ScriptedServer.holding()) {
            server.script(request -> answer(server, request));
            final long startNs = System.nanoTime();
            // The last but one is nobody's, and packets to it get lost where the network does not refuse them.
            cluster(String.join(
                            ",",
                            address(mute),
                            closed,
                            address(frozen),
                            "no-such-host.invalid:9123",
                            "192.0.2.1:9123",
                            address(server)))
                    .refresh(List.of(), in(20_000));
            assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(4));
            assertThat(mute.connections()).isEqualTo(1);
        }
    }

    @Test
    void shouldWaitForAnAnswerThatIsSlow() throws Exception {
        try (ScriptedServer mute = ScriptedServer.holding();
                ScriptedServer slow = ScriptedServer.holding()) {
            final Cluster cluster = cluster(address(slow) + "," + address(mute));
            final CompletableFuture<TableLocation> located = locateInBackground(cluster, TICKS);
            final Request first = slow.nextHeld();
            mute.nextHeld();
            answer(slow, first);
            assertThat(located.get(20, TimeUnit.SECONDS).tableId()).isEqualTo(11);
        }
    }

    @Test
    void shouldAskLastWhoDidNotAnswerTheLastTime() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                ScriptedServer frozen = ScriptedServer.holding()) {
            final AtomicInteger unanswered = new AtomicInteger();
            frozen.script(request -> unanswered.incrementAndGet());
            server.script(request -> request.answer(MetadataResponse.newBuilder()
                    .addTabletServers(PbServerNode.newBuilder()
                            .setNodeId(0)
                            .setHost(server.node().host())
                            .setPort(server.node().port()))
                    .addTabletServers(PbServerNode.newBuilder()
                            .setNodeId(1)
                            .setHost(frozen.node().host())
                            .setPort(frozen.node().port()))
                    .build()));
            final Cluster cluster = cluster(address(server));
            for (int i = 0; i < 100 && unanswered.get() == 0; i++) {
                cluster.refresh(List.of(), in(20_000));
            }
            for (int i = 0; i < 20; i++) {
                cluster.refresh(List.of(), in(20_000));
            }
            assertThat(unanswered).hasValue(1);
        }
    }

    @Test
    void shouldTellOfEachAddressWhatCameOfItWhenNobodyAnswers() throws Exception {
        final String closed;
        try (ScriptedServer gone = ScriptedServer.holding()) {
            closed = address(gone);
        }
        try (ScriptedServer mute = ScriptedServer.holding().withoutHandshake()) {
            final String servers = closed + ",no-such-host.invalid:9123," + address(mute);
            final long startNs = System.nanoTime();
            final Cluster cluster = new Cluster(rpc, BootstrapServers.parse(servers), TimeUnit.SECONDS.toNanos(3));
            clusters.add(cluster);
            assertThatThrownBy(() -> cluster.refresh(List.of(), in(20_000)))
                    .isInstanceOf(RpcException.class)
                    .hasMessageMatching("no server of the cluster answers: .*")
                    .hasMessageMatching(".*could not connect to " + closed + "[^;]*refused.*")
                    .hasMessageContaining("could not connect to no-such-host.invalid:9123: unknown host")
                    .hasMessageMatching(".*" + address(mute) + "[^;]* ms.*")
                    .hasMessageNotContaining("unknown--1");
            assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(10));
        }
    }

    /** The names of this JVM are kept by {@link MovingHost}; the build has them resolved anew each time. */
    @Test
    @EnabledIfSystemProperty(named = "sun.net.inetaddr.ttl", matches = "0")
    @EnabledOnOs(OS.LINUX) // where all of 127.0.0.0/8 is this machine
    void shouldResolveNamesAnewWhenAllKnownServersFail() throws Exception {
        final InetAddress here = InetAddress.getByName("127.0.0.1");
        final InetAddress there = InetAddress.getByName("127.0.0.2");
        MovingHost.moveTo(here);
        final ScriptedServer before = ScriptedServer.holding();
        try (ScriptedServer after = ScriptedServer.on(there, before.node().port(), request -> request.cut())) {
            before.script(request -> answer(before, request));
            after.script(request -> answer(after, request));
            final Cluster cluster =
                    cluster(MovingHost.NAME + ":" + before.node().port());
            cluster.refresh(List.of(), in(20_000));
            assertThat(cluster.anyTabletServer()).isEqualTo(before.node());

            before.close();
            MovingHost.moveTo(there);
            cluster.refresh(List.of(), in(20_000));
            assertThat(cluster.anyTabletServer()).isEqualTo(after.node());
            assertThat(after.node().host()).isEqualTo("127.0.0.2");
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "sun.net.inetaddr.ttl", matches = "0")
    @EnabledOnOs(OS.LINUX)
    void shouldTryEachAddressOfAName() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            server.script(request -> answer(server, request));
            MovingHost.moveTo(
                    InetAddress.getByName("127.0.0.3"),
                    InetAddress.getByName("192.0.2.1"),
                    InetAddress.getByName("127.0.0.1"));
            cluster(MovingHost.NAME + ":" + server.node().port()).refresh(List.of(), in(20_000));
            assertThat(server.connections()).isPositive();
        }
    }

    @Test
    void shouldAskAgainWhileTheServerKnowsNoTabletServer() throws Exception {
        final List<Request> seen = new CopyOnWriteArrayList<>();
        try (ScriptedServer server = ScriptedServer.holding()) {
            server.script(request -> {
                seen.add(request);
                if (seen.size() < 3) {
                    request.answer(MetadataResponse.getDefaultInstance());
                } else {
                    answer(server, request);
                }
            });
            assertThat(cluster(address(server)).refresh(List.of(), in(20_000)).tabletServers())
                    .hasSize(1);
            assertThat(seen).hasSize(3);
        }
    }

    @Test
    void shouldShareOneRequestAmongManyCallers() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            final Cluster cluster = cluster(address(server));
            final List<CompletableFuture<TableLocation>> callers = new ArrayList<>();
            callers.add(locateInBackground(cluster, TICKS));
            final Request first = server.nextHeld(); // from now on all callers come while this one runs
            final List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                final TablePath path = i % 2 == 0 ? TICKS : ORDERS;
                final CompletableFuture<TableLocation> caller = new CompletableFuture<>();
                callers.add(caller);
                threads.add(Thread.startVirtualThread(() -> caller.complete(cluster.locate(path, in(20_000)))));
            }
            for (final Thread thread : threads) {
                while (thread.getState() != Thread.State.TIMED_WAITING) {
                    Thread.onSpinWait(); // until all have joined a refresh
                }
            }
            answer(server, first);
            final Request second = server.nextHeld();
            assertThat(asked(second)).hasSize(1);
            answer(server, second);
            for (final CompletableFuture<TableLocation> caller : callers) {
                assertThat(caller.get(20, TimeUnit.SECONDS).tableId()).isEqualTo(11);
            }
            // Cached: no request for either.
            cluster.locate(TICKS, in(1));
            cluster.locate(ORDERS, in(1));
            cluster.invalidate(TICKS);
            final CompletableFuture<TableLocation> again = locateInBackground(cluster, TICKS);
            answer(server, server.nextHeld());
            again.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldNotFailOneCallerForTheMissingTableOfAnother() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            server.script(request -> answer(server, request));
            final Cluster cluster = cluster(address(server));
            cluster.refresh(List.of(), in(20_000));
            server.script(request -> {
                if (request.api() == Api.TABLE_EXISTS) {
                    request.answer(
                            TableExistsResponse.newBuilder().setExists(false).build());
                } else if (asked(request).stream()
                        .anyMatch(path -> path.getTableName().equals("nothing"))) {
                    request.refuse(-1, "a stack trace"); // as 0.9.1 does it
                } else {
                    answer(server, request);
                }
            });
            assertThatThrownBy(() -> cluster.refresh(List.of(TICKS, NOTHING), in(20_000)))
                    .isInstanceOfSatisfying(
                            FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.TABLE_NOT_EXIST))
                    .hasMessageContaining("market.nothing");
            assertThat(cluster.snapshot().tables()).containsOnlyKeys(TICKS);
            assertThatThrownBy(() -> cluster.locate(NOTHING, in(20_000))).isInstanceOf(FlussApiException.class);
            assertThat(cluster.locate(TICKS, in(1)).tableId()).isEqualTo(11);
        }
    }

    /** Attempts with a password that has changed lock accounts. */
    @Test
    void shouldNotAskForEachTableByItselfWhereItIsNotLetIn() throws Exception {
        final AtomicInteger refused = new AtomicInteger();
        try (ScriptedServer server = ScriptedServer.holding()) {
            server.script(request -> {
                refused.incrementAndGet();
                request.refuse(FlussError.AUTHENTICATE_EXCEPTION.code(), "log in first");
            });
            final Cluster cluster = cluster(address(server));
            assertThatThrownBy(() -> cluster.refresh(List.of(TICKS, ORDERS, NOTHING), in(20_000)))
                    .isInstanceOf(AuthenticationException.class);
            assertThat(refused).hasValue(1);
        }
    }

    @Test
    void shouldGoBackToTheBootstrapAddressesWhenAllKnownServersFail() throws Exception {
        try (ScriptedServer entry = ScriptedServer.holding();
                ScriptedServer after = ScriptedServer.holding()) {
            final ScriptedServer before = ScriptedServer.holding();
            entry.script(request -> answer(before, request));
            before.script(request -> answer(before, request));
            final Cluster cluster = cluster(address(entry));
            cluster.refresh(List.of(), in(20_000));
            assertThat(cluster.anyTabletServer()).isEqualTo(before.node());

            before.close();
            entry.script(request -> answer(after, request));
            cluster.refresh(List.of(), in(20_000));
            assertThat(cluster.anyTabletServer()).isEqualTo(after.node());
        }
    }

    @Test
    void shouldLetOneCallerGoWhenInterruptedAndServeTheOthers() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            final Cluster cluster = cluster(address(server));
            final CompletableFuture<Throwable> interrupted = new CompletableFuture<>();
            final Thread victim = Thread.startVirtualThread(() -> {
                try {
                    cluster.locate(TICKS, in(20_000));
                } catch (final RuntimeException e) {
                    interrupted.complete(e);
                }
            });
            final Request held = server.nextHeld();
            final CompletableFuture<TableLocation> other = locateInBackground(cluster, TICKS);
            victim.interrupt();
            assertThat(interrupted.get(10, TimeUnit.SECONDS)).isInstanceOf(FlussInterruptedException.class);
            answer(server, held);
            assertThat(other.get(10, TimeUnit.SECONDS).tableId()).isEqualTo(11);
        }
    }

    @Test
    void shouldEndWaitingCallersWhenClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            final Cluster cluster = cluster(address(server));
            final CompletableFuture<TableLocation> waiting = locateInBackground(cluster, TICKS);
            server.nextHeld();
            cluster.close();
            cluster.close();
            assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> cluster.locate(ORDERS, in(1_000))).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldReadBootstrapServers() {
        final List<ServerNode> nodes = BootstrapServers.parse("a:1, [::1]:65535 ,b.example:9123");
        assertThat(nodes.stream().map(node -> node.host() + " " + node.port() + " " + node.id()))
                .containsExactly("a 1 -1", "::1 65535 -2", "b.example 9123 -3");
        for (final String wrong : List.of("", "a", "a:", ":1", "a:b", "::1:9", "a:70000", " , ")) {
            assertThatThrownBy(() -> BootstrapServers.parse(wrong))
                    .as(wrong)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static CompletableFuture<TableLocation> locateInBackground(final Cluster cluster, final TablePath path) {
        final CompletableFuture<TableLocation> result = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                result.complete(cluster.locate(path, in(20_000)));
            } catch (final RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }
}
