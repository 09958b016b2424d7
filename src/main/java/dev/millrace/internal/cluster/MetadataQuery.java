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
 * Asks the cluster about itself until some server answers: some tablet servers that are known, at random, then the
 * bootstrap addresses, then the other tablet servers, last those that did not answer before. A server that is there
 * answers at once, so the next one is asked as well when the ones before have said nothing for a moment, and each gets
 * little time at first and more in every round: no dead address costs more than that moment. Runs on the thread of one
 * refresh.
 */
final class MetadataQuery {
    private static final int ROUNDS = 4;
    private static final long MAX_FIRST_PATIENCE_NS = TimeUnit.SECONDS.toNanos(2);

    /** With patience doubling in each round, dead servers still leave time for a live one that is slow. */
    private static final int FIRST_PATIENCE_SHARE = 16;

    private static final long FIRST_BACKOFF_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** All servers may have moved, and then only the bootstrap addresses tell. */
    private static final int KNOWN_BEFORE_BOOTSTRAP = 3;

    private final RpcClient rpc;
    private final List<ServerNode> bootstrap;
    private final Set<ServerNode> silent;
    private final long deadlineNs;
    private final long firstPatienceNs;

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
     * @throws dev.millrace.error.FlussInterruptedException interrupted; the flag is set again.
     */
    MetadataResponse ask(final Collection<? extends Record> places, final ClusterSnapshot known) {
        final MetadataRequest request = request(places);
        final Collection<ServerNode> tabletServers = known.tabletServers().values();
        silent.retainAll(tabletServers);
        Failures failures = new Failures();
        for (int round = 0; round < ROUNDS && (round == 0 || backOff(FIRST_BACKOFF_NS << round - 1)); round++) {
            failures = new Failures();
            final long patienceNs = Math.min(firstPatienceNs << round, deadlineNs - System.nanoTime());
            final List<ServerNode> servers = inOrder(tabletServers);
            try (StaggeredAsk asking = new StaggeredAsk(server -> askOne(server, request, patienceNs))) {
                final MetadataResponse answer = asking.firstAnswer(servers, failures::add);
                if (answer != null) {
                    silent.addAll(asking.overtaken());
                    silent.remove(asking.answering());
                    return answer;
                }
            }
            silent.addAll(servers);
        }
        throw failures.together();
    }

    private List<ServerNode> inOrder(final Collection<ServerNode> tabletServers) {
        final List<ServerNode> servers = new ArrayList<>(tabletServers);
        Collections.shuffle(servers);
        servers.sort(Comparator.comparing(silent::contains));
        int first = 0;
        while (first < Math.min(KNOWN_BEFORE_BOOTSTRAP, servers.size()) && !silent.contains(servers.get(first))) {
            first++;
        }
        servers.addAll(first, bootstrap);
        return servers;
    }

    private MetadataResponse askOne(final ServerNode server, final MetadataRequest request, final long patienceNs) {
        final long untilNs = System.nanoTime() + patienceNs;
        try {
            final MetadataResponse answer = rpc.call(
                    server,
                    Api.GET_METADATA,
                    request,
                    MetadataResponse.parser(),
                    untilNs - deadlineNs < 0 ? untilNs : deadlineNs);
            if (answer.getTabletServersCount() == 0) {
                throw new RpcException(name(server) + " knows no tablet server yet");
            }
            return answer;
        } finally {
            if (bootstrap.contains(server)) {
                // The same server is about to be known by its id, with a connection of its own.
                rpc.disconnect(server);
            }
        }
    }

    /** What came of the servers that were asked in vain. */
    private static final class Failures {
        private final List<String> texts = new ArrayList<>();
        private @Nullable RuntimeException last;

        /** Throws what asking others will not mend. */
        void add(final RuntimeException failure) {
            final boolean mayPass = failure instanceof final FlussException passing && passing.isRetriable();
            if (!mayPass && !(failure instanceof CorruptDataException)) {
                throw failure;
            }
            texts.add(String.valueOf(failure.getMessage()));
            last = failure;
        }

        RpcException together() {
            final String text = "no server of the cluster answers: " + String.join("; ", texts);
            return last == null ? new RpcException(text) : new RpcException(text, last);
        }
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
