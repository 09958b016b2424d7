package dev.millrace.internal.remote;

import dev.millrace.error.FlussException;
import dev.millrace.error.RemoteStorageException;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.GetFileSystemSecurityTokenRequest;
import dev.millrace.internal.rpc.proto.GetFileSystemSecurityTokenResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The remote files of a cluster, on whatever storage they lie. One for a connection, which closes it; it holds nothing
 * before the first read.
 *
 * <p>Files are read where they lie, a range at a time, into memory of the caller: nothing is copied to a local disk, so
 * that what is read ahead counts in the caller's budget and nowhere else.
 *
 * <p>Safe for any number of threads.
 */
public final class RemoteFiles implements AutoCloseable {
    private final SecurityTokens tokens;
    private final Duration timeout;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private final Map<String, RemoteStore> stores = new HashMap<>();
    private boolean isClosed;

    /** @param timeout of a request for credentials, and of what storage does at a time. */
    public RemoteFiles(final RpcClient rpc, final Cluster cluster, final Duration timeout) {
        this.timeout = timeout;
        this.tokens = new SecurityTokens(() -> rpc.call(
                cluster.anyTabletServer(),
                Api.GET_FILESYSTEM_SECURITY_TOKEN,
                GetFileSystemSecurityTokenRequest.getDefaultInstance(),
                GetFileSystemSecurityTokenResponse.parser(),
                System.nanoTime() + timeout.toNanos()));
    }

    /**
     * Fills the target with the bytes of a file from a position on. Blocks, and an interrupt ends it early; one who must
     * not wait for long reads on a thread of his own and interrupts it.
     *
     * @param file as servers write it, with the scheme of its storage.
     * @throws IOException the storage did not answer, refused, or has no such bytes; it may do better another time.
     * @throws RemoteStorageException this storage cannot be read by this program, ever.
     * @throws FlussException no credentials could be got from the servers.
     */
    public void read(final String file, final long position, final ByteBuffer target) throws IOException {
        final RemotePath path = RemotePath.parse(file);
        store(path.scheme()).read(path, position, target);
    }

    private RemoteStore store(final String scheme) {
        lock.lock();
        try {
            if (isClosed) {
                throw new IllegalStateException("the connection is closed");
            }
            RemoteStore store = stores.get(scheme);
            if (store == null) {
                store = open(scheme);
                stores.put(scheme, store);
            }
            return store;
        } finally {
            lock.unlock();
        }
    }

    private RemoteStore open(final String scheme) {
        return switch (scheme) {
            case "file" -> new FileStore();
            case "s3", "s3a" -> openS3(scheme);
            default ->
                throw new RemoteStorageException("remote storage with the scheme '" + scheme
                        + "' cannot be read; this version reads file, s3 and s3a");
        };
    }

    /** The classes of the SDK are looked for here and no earlier, for most programs run without them. */
    private RemoteStore openS3(final String scheme) {
        try {
            return new S3Store(tokens, timeout);
        } catch (LinkageError e) {
            throw new RemoteStorageException(
                    "remote storage with the scheme '" + scheme + "' needs " + S3Store.NEEDED_ARTIFACTS
                            + " on the class path; a class of them is missing: " + e.getMessage(),
                    e);
        }
    }

    /** Ends the clients of storage; reads under way fail. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            isClosed = true;
            stores.values().forEach(RemoteStore::close);
            stores.clear();
        } finally {
            lock.unlock();
        }
    }
}
