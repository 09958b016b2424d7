package dev.millrace.internal.cluster;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.MetadataRequest;
import dev.millrace.internal.rpc.proto.MetadataResponse;
import dev.millrace.internal.rpc.proto.PbPhysicalTablePath;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import dev.millrace.metadata.TablePath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Asks the cluster about itself until some server answers: the tablet servers that are known, in random order but last
 * those that did not answer before, then the bootstrap addresses. A server that is there answers at once, so each gets
 * little time at first and more in every round; a dead address in the list costs seconds, not the whole deadline. Runs on
 * the thread of one refresh.
 */
final class MetadataQuery {
    private static final int ROUNDS = 4;
    private static final long MAX_FIRST_PATIENCE_NS = TimeUnit.SECONDS.toNanos(2);

    /** With patience doubling in each round, one dead server after the other still leaves time for a live one. */
    private static final int FIRST_PATIENCE_SHARE = 16;

    private static final long FIRST_BACKOFF_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final RpcClient rpc;
    private final List<ServerNode> bootstrap;
    private final Set<ServerNode> silent;
    private final long deadlineNs;
    private final long firstPatienceNs;
    private final List<String> failures = new ArrayList<>();
    private @Nullable FlussException lastFailure;

    /** @param silent tablet servers that did not answer; this query keeps it up for the next one. */
    MetadataQuery(
            final RpcClient rpc,
            final List<ServerNode> bootstrap,
            final Set<ServerNode> silent,
            final long deadlineNs) {
        this.rpc = rpc;
        this.bootstrap = bootstrap;
        this.silent = silent;
        this.deadlineNs = deadlineNs;
        firstPatienceNs = Math.min((deadlineNs - System.nanoTime()) / FIRST_PATIENCE_SHARE, MAX_FIRST_PATIENCE_NS);
    }

    /**
     * Asks for the servers, some tables, and some partitions together with their tables.
     *
     * @param places each a {@link TablePath}, {@link PartitionPath} or {@link PartitionId}.
     * @throws dev.millrace.error.FlussApiException a server refused, for example because there is no such table.
     * @throws RpcException nobody answered in time; the message tells who was asked and what came of it.
     */
    MetadataResponse ask(final Collection<? extends Record> places, final ClusterSnapshot known) {
        final MetadataRequest request = request(places);
        for (int round = 0; round < ROUNDS; round++) {
            if (round > 0 && !backOff(FIRST_BACKOFF_NS << round - 1)) {
                break;
            }
            failures.clear();
            final long patienceNs = firstPatienceNs << round;
            final List<ServerNode> servers =
                    new ArrayList<>(known.tabletServers().values());
            Collections.shuffle(servers);
            silent.retainAll(servers);
            servers.sort(Comparator.comparing(silent::contains));
            for (final ServerNode server : servers) {
                final MetadataResponse answer = tryOne(server, request, patienceNs);
                if (answer != null) {
                    silent.remove(server);
                    return answer;
                }
                silent.add(server);
            }
            for (final ServerNode address : bootstrap) {
                final MetadataResponse answer;
                try {
                    answer = tryOne(address, request, patienceNs);
                } finally {
                    // The same server is about to be known by its id, with a connection of its own.
                    rpc.disconnect(address);
                }
                if (answer != null) {
                    return answer;
                }
            }
        }
        final String text = "no server of the cluster answers: " + String.join("; ", failures);
        throw lastFailure == null ? new RpcException(text) : new RpcException(text, lastFailure);
    }

    private @Nullable MetadataResponse tryOne(
            final ServerNode server, final MetadataRequest request, final long patienceNs) {
        final long leftNs = deadlineNs - System.nanoTime();
        if (leftNs <= 0) {
            failures.add("no time left to ask " + name(server));
            return null;
        }
        try {
            final MetadataResponse answer = rpc.call(
                    server,
                    Api.GET_METADATA,
                    request,
                    MetadataResponse.parser(),
                    System.nanoTime() + Math.min(leftNs, patienceNs));
            if (answer.getTabletServersCount() > 0) {
                return answer;
            }
            failures.add(name(server) + " knows no tablet server yet");
        } catch (final FlussException e) {
            if (!e.isRetriable() && !(e instanceof CorruptDataException)) {
                throw e;
            }
            failures.add(String.valueOf(e.getMessage()));
            lastFailure = e;
        }
        return null;
    }

    /** Returns false if there is no time for it, or the thread is told to end. */
    private boolean backOff(final long backoffNs) {
        final long pauseNs = backoffNs - ThreadLocalRandom.current().nextLong(backoffNs / 4);
        if (deadlineNs - System.nanoTime() <= pauseNs) {
            return false;
        }
        LockSupport.parkNanos(this, pauseNs);
        return !Thread.currentThread().isInterrupted();
    }

    private static String name(final ServerNode server) {
        return server.serverType() == ServerType.UNKNOWN ? server.host() + ":" + server.port() : server.toString();
    }

    private static MetadataRequest request(final Collection<? extends Record> places) {
        final MetadataRequest.Builder request = MetadataRequest.newBuilder();
        final Set<TablePath> tables = new LinkedHashSet<>();
        for (final Record place : places) {
            switch (place) {
                case TablePath table -> tables.add(table);
                case PartitionPath partition -> {
                    tables.add(partition.table());
                    request.addPartitionsPath(PbPhysicalTablePath.newBuilder()
                            .setDatabaseName(partition.table().database())
                            .setTableName(partition.table().table())
                            .setPartitionName(partition.partition()));
                }
                case PartitionId partition -> {
                    tables.add(partition.table());
                    request.addPartitionsId(partition.id());
                }
                default -> throw new IllegalArgumentException(place + " is neither a table nor a partition");
            }
        }
        for (final TablePath table : tables) {
            request.addTablePath(
                    PbTablePath.newBuilder().setDatabaseName(table.database()).setTableName(table.table()));
        }
        return request.build();
    }
}
