package dev.millrace.write;

import dev.millrace.error.FlussException;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.InitWriterRequest;
import dev.millrace.internal.rpc.proto.InitWriterResponse;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.TablePath;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The id under which the servers know this client's batches, asked for when it is first needed. All senders share it;
 * one asks, the others wait for him. Without idempotence it is -1 and nobody is asked.
 */
final class WriterIdentity {
    static final long NONE = -1;

    private final boolean idempotent;
    private final RpcClient rpc;
    private final Cluster cluster;
    private final long requestTimeoutNs;
    private final ReentrantLock asking = new ReentrantLock();
    private final AtomicLong writerId = new AtomicLong(NONE);

    WriterIdentity(final boolean idempotent, final RpcClient rpc, final Cluster cluster, final long requestTimeoutNs) {
        this.idempotent = idempotent;
        this.rpc = rpc;
        this.cluster = cluster;
        this.requestTimeoutNs = requestTimeoutNs;
    }

    /**
     * The current id. Senders only: it may ask a server.
     *
     * @throws FlussException no server gave one; the caller tries again later.
     */
    long obtain(final TablePath table) {
        final long known = writerId.get();
        if (!idempotent || known != NONE) {
            return known;
        }
        asking.lock();
        try {
            if (writerId.get() == NONE) {
                final long deadlineNs = System.nanoTime() + requestTimeoutNs;
                final InitWriterRequest request = InitWriterRequest.newBuilder()
                        .addTablePath(PbTablePath.newBuilder()
                                .setDatabaseName(table.database())
                                .setTableName(table.table()))
                        .build();
                writerId.set(rpc.call(
                                cluster.anyTabletServer(),
                                Api.INIT_WRITER,
                                request,
                                InitWriterResponse.parser(),
                                deadlineNs)
                        .getWriterId());
            }
            return writerId.get();
        } finally {
            asking.unlock();
        }
    }

    /** The current id, or {@link #NONE} while there is none. Never blocks. */
    long current() {
        return writerId.get();
    }

    /** Gives up an id that the servers do not follow any more; the next need asks for another. Never blocks. */
    void renounce(final long staleWriterId) {
        writerId.compareAndSet(staleWriterId, NONE);
    }
}
