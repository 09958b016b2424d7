package dev.millrace.internal.cluster;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TablePath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Asks the leaders of buckets for a number a bucket: one request to each leader, and again, after a refresh and a pause, for
 * the buckets that have moved or have no leader at the moment. Safe for any number of threads; users' threads too.
 */
final class LeaderQuestions {
    private final Cluster cluster;

    /** What is asked. */
    interface Question {
        /**
         * Asks a leader, and puts in what it answers.
         *
         * @return the last failure of a bucket, as a server's error or as the failure of the call; null if there was none.
         */
        @Nullable FlussException ask(
                ServerNode leader, BucketLeaders location, List<Integer> buckets, Map<Integer, Long> answers);
    }

    LeaderQuestions(final Cluster cluster) {
        this.cluster = cluster;
    }

    /**
     * Returns an answer for every bucket. Blocks at most until the deadline.
     *
     * @param what is asked for, for messages.
     * @param place a table without partitions as a {@link TablePath}, or a partition as a {@link PartitionPath} or a
     *     {@link PartitionId}.
     * @throws IllegalArgumentException there is no such bucket.
     * @throws FlussApiException a server refused, in a way that another attempt cannot mend.
     * @throws RpcException not all buckets were answered for in time; the last failure is the cause.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     */
    Map<Integer, Long> ask(
            final String what,
            final Record place,
            final Collection<Integer> buckets,
            final Question question,
            final long deadlineNs) {
        final Map<Integer, Long> answers = new TreeMap<>();
        final Set<Integer> missing = new TreeSet<>(buckets);
        final Backoff backoff = new Backoff(deadlineNs);
        while (true) {
            final FlussException failure = askLeaders(place, missing, question, answers, deadlineNs);
            missing.removeAll(answers.keySet());
            if (missing.isEmpty()) {
                return answers;
            }
            if (!backoff.hasTime()) {
                final String text = "no " + what + " of " + place + " in time for buckets " + missing;
                throw failure == null
                        ? new RpcException(text + ", which have no leader")
                        : new RpcException(text, failure);
            }
            backoff.pause();
            forget(place);
        }
    }

    /** Returns the last failure that another attempt may mend. */
    private @Nullable FlussException askLeaders(
            final Record place,
            final Set<Integer> buckets,
            final Question question,
            final Map<Integer, Long> answers,
            final long deadlineNs) {
        final BucketLeaders location = locate(place, deadlineNs);
        FlussException last = null;
        for (final Map.Entry<ServerNode, List<Integer>> led :
                byLeader(place, location, buckets).entrySet()) {
            final FlussException failure = ask(question, place, led.getKey(), location, led.getValue(), answers);
            if (failure != null && !failure.isRetriable()) {
                throw failure;
            }
            last = failure != null ? failure : last;
        }
        return last;
    }

    private static @Nullable FlussException ask(
            final Question question,
            final Record place,
            final ServerNode leader,
            final BucketLeaders location,
            final List<Integer> buckets,
            final Map<Integer, Long> answers) {
        try {
            return question.ask(leader, location, buckets, answers);
        } catch (final RpcException | FlussApiException e) {
            return e.again("buckets " + buckets + " of " + place + ": " + e.getMessage());
        }
    }

    private BucketLeaders locate(final Record place, final long deadlineNs) {
        return switch (place) {
            case TablePath table -> cluster.locate(table, deadlineNs);
            case PartitionPath partition -> cluster.locate(partition, deadlineNs);
            case PartitionId partition -> cluster.locate(partition, deadlineNs);
            default -> throw new IllegalArgumentException(place + " is neither a table nor a partition");
        };
    }

    private void forget(final Record place) {
        switch (place) {
            case PartitionPath partition -> cluster.invalidate(partition);
            case PartitionId partition -> cluster.invalidate(partition.table());
            default -> cluster.invalidate((TablePath) place);
        }
    }

    /** Buckets without a live leader are left out. */
    private Map<ServerNode, List<Integer>> byLeader(
            final Record place, final BucketLeaders location, final Set<Integer> buckets) {
        final ClusterSnapshot snapshot = cluster.snapshot();
        final Map<ServerNode, List<Integer>> led = new HashMap<>();
        for (final int bucket : buckets) {
            if (bucket < 0 || bucket >= location.leaders().length) {
                throw new IllegalArgumentException(place + " has no bucket " + bucket + ": its buckets are 0 to "
                        + (location.leaders().length - 1));
            }
            final ServerNode leader = snapshot.leader(location, bucket);
            if (leader != null) {
                led.computeIfAbsent(leader, server -> new ArrayList<>()).add(bucket);
            }
        }
        return led;
    }

    /** A server's error about one bucket; an empty text says no more than the code. */
    static FlussApiException error(
            final Api api,
            final ServerNode leader,
            final int bucket,
            final Record place,
            final int code,
            final String text) {
        final FlussError error = FlussError.forCode(code);
        return new FlussApiException(
                error,
                code,
                api + " on " + leader + ", bucket " + bucket + " of " + place + ": "
                        + (text.isEmpty() ? error.name() : text));
    }
}
