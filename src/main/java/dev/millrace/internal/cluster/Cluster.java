package dev.millrace.internal.cluster;

import dev.millrace.error.AuthenticationException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.GetTableInfoRequest;
import dev.millrace.internal.rpc.proto.GetTableInfoResponse;
import dev.millrace.internal.rpc.proto.ListPartitionInfosResponse;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.internal.rpc.proto.TableExistsRequest;
import dev.millrace.internal.rpc.proto.TableExistsResponse;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TablePath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The client's knowledge of the cluster: an immutable snapshot, replaced by refreshes, of which one runs at a time on a
 * thread of its own. Callers wait for the outcome with their own deadlines, and interrupting one of them stops nothing
 * but his waiting. Whoever asks while a refresh runs joins it if it covers his tables; all others are gathered into the
 * next one.
 *
 * <p>Safe for any number of threads but the reader threads of connections, which must not block.
 */
public final class Cluster implements AutoCloseable {
    private final RpcClient rpc;
    private final List<ServerNode> bootstrap;
    private final long requestTimeoutNs;
    private final AtomicReference<ClusterSnapshot> snapshot = new AtomicReference<>(ClusterSnapshot.EMPTY);

    // Tablet servers that did not answer the last time; of the one refresh that runs.
    private final Set<ServerNode> silent = new HashSet<>();

    private final LeaderLog leaderLog = new LeaderLog(); // of the one refresh that runs, too

    private final ReentrantLock lock = new ReentrantLock();

    // guarded by lock
    private @Nullable Refresh running;
    private @Nullable Refresh next;
    private boolean closed;

    /**
     * Creates the knowledge of a cluster of which nothing is known but where to ask.
     *
     * @param rpc stays the caller's.
     * @param bootstrap where to ask first, and when all known servers fail; see {@link BootstrapServers}.
     * @param requestTimeoutNs the longest that one refresh may take.
     */
    public Cluster(final RpcClient rpc, final List<ServerNode> bootstrap, final long requestTimeoutNs) {
        this.rpc = rpc;
        this.bootstrap = List.copyOf(bootstrap);
        this.requestTimeoutNs = requestTimeoutNs;
    }

    /** Returns what is known now. Never blocks. */
    public ClusterSnapshot snapshot() {
        return snapshot.get();
    }

    /**
     * Asks a server for the live servers and for some tables. Blocks until the answer, at most until the deadline. A
     * caller may be served by an answer that was under way when he came, so one who looks for a change asks again after a
     * pause.
     *
     * @return a snapshot in which all the tables are, unless the user may not see them.
     * @throws FlussApiException one of the tables does not exist, or the server refused otherwise.
     * @throws RpcException no server answered in time.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     * @throws IllegalStateException the connection to the cluster is closed.
     */
    public ClusterSnapshot refresh(final Collection<TablePath> tables, final long deadlineNs) {
        return ask(tables, deadlineNs);
    }

    private ClusterSnapshot ask(final Collection<? extends Record> wanted, final long deadlineNs) {
        final Outcome outcome = await(join(wanted), deadlineNs);
        wanted.forEach(outcome::throwRefusal);
        // Not what is known by now: somebody may have invalidated one of the tables again.
        return outcome.seen;
    }

    /** Forgets where the buckets of a table and its partitions are, so that the next {@code locate} asks. Never blocks. */
    public void invalidate(final TablePath table) {
        snapshot.updateAndGet(known -> known.without(table));
    }

    /** Forgets where the buckets of a partition are, so that the next {@code locate} asks. Never blocks. */
    public void invalidate(final PartitionPath partition) {
        snapshot.updateAndGet(known -> known.without(partition));
    }

    /**
     * Returns where a table is, as known or asked for. Blocks at most until the deadline.
     *
     * @throws FlussApiException TABLE_NOT_EXIST: there is no such table, or the user may not see it.
     * @throws RpcException no server answered in time.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     * @throws IllegalStateException the connection to the cluster is closed.
     */
    public TableLocation locate(final TablePath table, final long deadlineNs) {
        final TableLocation known = snapshot.get().tables().get(table);
        if (known != null) {
            return known;
        }
        final TableLocation asked = refresh(List.of(table), deadlineNs).tables().get(table);
        if (asked != null) {
            return asked;
        }
        throw missing(table, tableNotExist(table), deadlineNs);
    }

    /**
     * Returns where a partition is, as known or asked for. Blocks at most until the deadline.
     *
     * @throws FlussApiException PARTITION_NOT_EXISTS: there is no such partition, or the user may not see it.
     *     TABLE_NOT_EXIST: there is not even the table.
     * @throws RpcException no server answered in time.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     * @throws IllegalStateException the connection to the cluster is closed.
     */
    public PartitionLocation locate(final PartitionPath partition, final long deadlineNs) {
        final PartitionLocation known = snapshot.get().partitions().get(partition);
        if (known != null) {
            return known;
        }
        final PartitionLocation asked =
                ask(List.of(partition), deadlineNs).partitions().get(partition);
        if (asked != null) {
            return asked;
        }
        throw missing(partition.table(), partitionNotExists(partition), deadlineNs);
    }

    /**
     * Returns where partitions of one table are, as known or asked for, all of them with one request. Blocks at most until
     * the deadline.
     *
     * @return the partitions by id; without those that do not exist, or that the user may not see.
     * @throws FlussApiException TABLE_NOT_EXIST: there is not even the table.
     * @throws RpcException no server answered in time.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     * @throws IllegalStateException the connection to the cluster is closed.
     */
    public Map<Long, PartitionLocation> locate(
            final TablePath table, final Set<Long> partitionIds, final long deadlineNs) {
        final Map<Long, PartitionLocation> found = snapshot.get().partitions(table, partitionIds);
        final List<PartitionId> unknown = partitionIds.stream()
                .filter(id -> !found.containsKey(id))
                .map(id -> new PartitionId(table, id))
                .toList();
        if (!unknown.isEmpty()) {
            final Outcome outcome = await(join(unknown), deadlineNs);
            unknown.forEach(outcome::throwRefusalUnlessMissing);
            found.putAll(outcome.seen.partitions(table, partitionIds));
        }
        return found;
    }

    /**
     * Returns where one partition is, as {@link #locate(TablePath, Set, long)}.
     *
     * @throws FlussApiException PARTITION_NOT_EXISTS: there is no such partition, or the user may not see it.
     *     TABLE_NOT_EXIST: there is not even the table.
     */
    public PartitionLocation locate(final PartitionId partition, final long deadlineNs) {
        final PartitionLocation found =
                locate(partition.table(), Set.of(partition.id()), deadlineNs).get(partition.id());
        if (found != null) {
            return found;
        }
        throw missing(partition.table(), partitionNotExists(partition), deadlineNs);
    }

    /**
     * Asks a server for the ids of all partitions of a table. Blocks at most until the deadline.
     *
     * @throws FlussApiException there is no such table, or it is not partitioned, or the user may not see it.
     * @throws RpcException no server answered in time.
     */
    public Set<Long> partitionIds(final TablePath table, final long deadlineNs) {
        final ListPartitionInfosResponse answer = rpc.call(
                anyTabletServer(),
                Api.LIST_PARTITION_INFOS,
                PartitionMessages.list(table, null),
                ListPartitionInfosResponse.parser(),
                deadlineNs);
        return PartitionMessages.read(answer).stream()
                .map(PartitionInfo::getPartitionId)
                .collect(Collectors.toSet());
    }

    /**
     * Why a server leaves a table out of its answer. It does so with what the user may not see; asked for the table's
     * properties it says that.
     */
    private FlussException missing(final TablePath table, final FlussApiException otherwise, final long deadlineNs) {
        final GetTableInfoRequest request = GetTableInfoRequest.newBuilder()
                .setTablePath(PbTablePath.newBuilder()
                        .setDatabaseName(table.database())
                        .setTableName(table.table()))
                .build();
        try {
            rpc.call(anyTabletServer(), Api.GET_TABLE_INFO, request, GetTableInfoResponse.parser(), deadlineNs);
        } catch (final FlussInterruptedException e) {
            throw e;
        } catch (final FlussException e) {
            if (e instanceof final FlussApiException refused && refused.error() == FlussError.AUTHORIZATION_EXCEPTION) {
                return e;
            }
            otherwise.addSuppressed(e); // it says nothing about what the user may see
        }
        return otherwise;
    }

    private static FlussApiException partitionNotExists(final Record partition) {
        return new FlussApiException(
                FlussError.PARTITION_NOT_EXISTS, partition + " does not exist, or this user may not see it");
    }

    /** What a user may not see is left out of the answers as if it were not there. */
    private static FlussApiException tableNotExist(final TablePath table) {
        return new FlussApiException(
                FlussError.TABLE_NOT_EXIST, "table " + table + " does not exist, or this user may not see it");
    }

    /**
     * Returns a live tablet server, a random one.
     *
     * @throws RpcException none is known yet.
     */
    public ServerNode anyTabletServer() {
        return tabletServerBut(null);
    }

    /**
     * Returns a live tablet server, a random one, but another than the given if there is another.
     *
     * @throws RpcException none is known yet.
     */
    public ServerNode tabletServerBut(final @Nullable ServerNode not) {
        final List<ServerNode> all =
                new ArrayList<>(snapshot.get().tabletServers().values());
        if (all.size() > 1) {
            all.remove(not);
        }
        if (all.isEmpty()) {
            throw new RpcException("no tablet server is known");
        }
        return all.get(ThreadLocalRandom.current().nextInt(all.size()));
    }

    /**
     * Returns the coordinator, as known or asked for. Blocks at most until the deadline.
     *
     * @throws RpcException the cluster has none at present, or no server answered in time.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     * @throws IllegalStateException the connection to the cluster is closed.
     */
    public ServerNode coordinator(final long deadlineNs) {
        final ServerNode known = snapshot.get().coordinator();
        if (known != null) {
            return known;
        }
        final ServerNode asked = refresh(List.of(), deadlineNs).coordinator();
        if (asked == null) {
            throw new RpcException("the cluster has no coordinator at present");
        }
        return asked;
    }

    /** Ends a running refresh and refuses new ones. Does not block. Idempotent. */
    @Override
    public void close() {
        final List<Refresh> ended = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            if (running != null) {
                ended.add(running);
            }
            if (next != null) {
                ended.add(next);
                next = null;
            }
        } finally {
            lock.unlock();
        }
        for (final Refresh refresh : ended) {
            // Told first why, and then to end: those who wait shall hear of the closing, not of its consequences.
            refresh.outcome.completeExceptionally(closedException());
            refresh.thread.interrupt(); // a thread of ours, which waits and never touches a channel
        }
    }

    private Refresh join(final Collection<? extends Record> wanted) {
        lock.lock();
        try {
            if (closed) {
                throw closedException();
            }
            if (running != null && running.wanted.containsAll(wanted)) {
                return running;
            }
            if (next == null) {
                next = new Refresh();
            }
            final Refresh joined = next;
            joined.wanted.addAll(wanted);
            if (running == null) {
                startNext();
            }
            return joined;
        } finally {
            lock.unlock();
        }
    }

    /** Starts what was gathered, if anything. Called under lock. */
    private void startNext() {
        running = next;
        next = null;
        if (running != null) {
            running.thread.start();
        }
    }

    private Outcome await(final Refresh refresh, final long deadlineNs) {
        final long startNs = System.nanoTime();
        try {
            return refresh.outcome.get(deadlineNs - startNs, TimeUnit.NANOSECONDS);
        } catch (final ExecutionException e) {
            throw ofOnesOwn(e.getCause());
        } catch (final TimeoutException e) {
            throw new RpcException("the cluster did not answer within "
                    + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs) + " ms");
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FlussInterruptedException("interrupted while waiting for metadata of the cluster");
        }
    }

    /** Several callers share the failure of a refresh; each throws one of its own. */
    private static RuntimeException ofOnesOwn(final Throwable cause) {
        if (cause instanceof final FlussException failure) {
            return failure.again();
        } else if (cause instanceof UnsupportedOperationException) {
            return new UnsupportedOperationException(cause.getMessage(), cause.getCause());
        } else if (cause instanceof IllegalStateException) {
            return new IllegalStateException(cause.getMessage(), cause);
        }
        return new IllegalStateException("refreshing metadata failed: " + cause, cause);
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the connection to the cluster is closed");
    }

    /** What a refresh saw, and which tables and partitions were refused and why. */
    private record Outcome(ClusterSnapshot seen, Map<Record, FlussApiException> refused) {
        void throwRefusal(final Record place) {
            final FlussApiException error = refused.get(place);
            if (error != null) {
                throw ofOnesOwn(error);
            }
        }

        void throwRefusalUnlessMissing(final PartitionId partition) {
            final FlussApiException error = refused.get(partition);
            if (error != null && error.error() != FlussError.PARTITION_NOT_EXISTS) {
                throw ofOnesOwn(error);
            }
        }
    }

    /** One refresh: gathers tables and partitions while it waits for its turn, and runs once. */
    private final class Refresh {
        /** A {@link TablePath}, {@link PartitionPath} or {@link PartitionId} each. */
        // guarded by lock, and not changed any more once the thread runs
        private final Set<Record> wanted = new LinkedHashSet<>();

        private final Thread thread =
                Thread.ofVirtual().name("millrace-metadata").unstarted(this::run);

        /** Exceptional if no server answered. */
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

        // of this refresh's thread
        private ClusterSnapshot seen = snapshot.get();

        private void run() {
            Map<Record, FlussApiException> refused = Map.of();
            Throwable failure = null;
            try {
                refused = ask();
            } catch (final Throwable e) {
                failure = e; // for those who wait: nobody else could do anything about it
            }
            // The next comer must not join a refresh that is over, so the turn is passed on first.
            lock.lock();
            try {
                running = null;
                if (!closed) {
                    startNext();
                }
            } finally {
                lock.unlock();
            }
            if (failure == null) {
                outcome.complete(new Outcome(seen, refused));
            } else {
                outcome.completeExceptionally(failure);
            }
        }

        private Map<Record, FlussApiException> ask() {
            final long deadlineNs = System.nanoTime() + requestTimeoutNs;
            try {
                merge(wanted, deadlineNs);
                return Map.of();
            } catch (final FlussApiException e) {
                // Who is not let in for all of them is not let in for one, and each attempt counts against the account.
                if (wanted.isEmpty() || e instanceof AuthenticationException) {
                    throw e;
                }
                return askApart(e, deadlineNs);
            }
        }

        /**
         * One that does not exist fails the request for all: asks for each by itself. Of the partitions by id, which may be
         * thousands, a list tells those that exist, and these are asked for together.
         */
        private Map<Record, FlussApiException> askApart(final FlussApiException error, final long deadlineNs) {
            final Map<Record, FlussApiException> refused = new HashMap<>();
            final Map<TablePath, Set<PartitionId>> byTable = new LinkedHashMap<>();
            for (final Record place : wanted) {
                if (place instanceof final PartitionId partition) {
                    byTable.computeIfAbsent(partition.table(), table -> new LinkedHashSet<>())
                            .add(partition);
                } else {
                    final FlussApiException refusal = wanted.size() == 1 ? error : refusal(Set.of(place), deadlineNs);
                    if (refusal != null) {
                        refuse(place, refusal, refused, deadlineNs);
                    }
                }
            }
            byTable.forEach((table, partitions) -> askForThoseThatExist(table, partitions, refused, deadlineNs));
            return refused;
        }

        private void refuse(
                final Record place,
                final FlussApiException error,
                final Map<Record, FlussApiException> refused,
                final long deadlineNs) {
            final TablePath table;
            if (place instanceof final PartitionPath partition) {
                invalidate(partition);
                table = partition.table();
                leaderLog.forget(table, partition);
            } else {
                table = (TablePath) place;
                invalidate(table);
                leaderLog.forget(table, table);
            }
            refused.put(place, isMissing(table, error, deadlineNs) ? tableNotExist(table) : error);
        }

        private void askForThoseThatExist(
                final TablePath table,
                final Set<PartitionId> partitions,
                final Map<Record, FlussApiException> refused,
                final long deadlineNs) {
            FlussApiException error;
            try {
                final Set<Long> existing = partitionIds(table, deadlineNs);
                final Set<PartitionId> missing = new LinkedHashSet<>(partitions);
                missing.removeIf(partition -> existing.contains(partition.id()));
                missing.forEach(partition -> refused.put(partition, partitionNotExists(partition)));
                leaderLog.forget(table, missing.stream().map(PartitionId::id).collect(Collectors.toSet()));
                partitions.removeAll(missing);
                error = partitions.isEmpty() ? null : refusal(partitions, deadlineNs);
                if (error != null && error.error() == FlussError.PARTITION_NOT_EXISTS) {
                    // One was dropped since it was listed. Whoever asks again gets another list.
                    error = new FlussApiException(
                            FlussError.UNKNOWN_TABLE_OR_BUCKET_EXCEPTION,
                            "partitions of " + table + " were dropped while they were looked for: "
                                    + error.getMessage());
                }
            } catch (final FlussApiException e) {
                error = isMissing(table, e, deadlineNs) ? tableNotExist(table) : e;
            }
            if (error != null) {
                for (final PartitionId partition : partitions) {
                    refused.put(partition, error);
                }
            }
        }

        private @Nullable FlussApiException refusal(final Set<? extends Record> places, final long deadlineNs) {
            try {
                merge(places, deadlineNs);
                return null;
            } catch (final FlussApiException e) {
                return e;
            }
        }

        /** A 0.9.1 tablet server answers for a table that does not exist with an unknown error, so this asks again. */
        private boolean isMissing(final TablePath table, final FlussApiException error, final long deadlineNs) {
            if (error.error() != FlussError.UNKNOWN_SERVER_ERROR) {
                return false;
            }
            final TableExistsRequest request = TableExistsRequest.newBuilder()
                    .setTablePath(PbTablePath.newBuilder()
                            .setDatabaseName(table.database())
                            .setTableName(table.table()))
                    .build();
            try {
                return !rpc.call(anyTabletServer(), Api.TABLE_EXISTS, request, TableExistsResponse.parser(), deadlineNs)
                        .getExists();
            } catch (final FlussException e) {
                error.addSuppressed(e); // no explanation is to be had, so the first error stands
                return false;
            }
        }

        private void merge(final Set<? extends Record> places, final long deadlineNs) {
            final var answer = new MetadataQuery(rpc, bootstrap, silent, deadlineNs).ask(places, snapshot.get());
            seen = seen.with(answer);
            snapshot.updateAndGet(known -> known.with(answer));
            noteLeaders(places);
        }

        private void noteLeaders(final Set<? extends Record> places) {
            final Map<TablePath, Set<Long>> ids = new HashMap<>();
            for (final Record place : places) {
                switch (place) {
                    case TablePath table ->
                        noteLeaders(table, table, seen.tables().get(table));
                    case PartitionPath partition ->
                        noteLeaders(
                                partition.table(), partition, seen.partitions().get(partition));
                    case PartitionId id ->
                        ids.computeIfAbsent(id.table(), table -> new HashSet<>())
                                .add(id.id());
                    default -> throw new IllegalArgumentException(place + " is neither a table nor a partition");
                }
            }
            // All at once: there may be thousands, and each look goes through all that are known.
            ids.forEach((table, partitions) -> seen.partitions(table, partitions)
                    .values()
                    .forEach(location -> noteLeaders(table, location.path(), location)));
        }

        private void noteLeaders(final TablePath table, final Record place, final @Nullable BucketLeaders location) {
            if (location != null) {
                leaderLog.note(table, place, location, seen);
            }
        }
    }
}
