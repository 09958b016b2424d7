package dev.millrace.internal.remote;

import java.io.IOException;
import java.nio.ByteBuffer;

/** One kind of storage. Safe for any number of threads. */
interface RemoteStore extends AutoCloseable {
    /**
     * Fills the target with the bytes of a file from a position on. Blocks; an interrupt ends it.
     *
     * @throws IOException the storage did not answer, refused, or has no such bytes.
     */
    void read(RemotePath file, long position, ByteBuffer target) throws IOException;

    @Override
    void close();
}
