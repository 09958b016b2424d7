package dev.millrace.lookup;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.rpc.Connection;
import dev.millrace.internal.rpc.ProtoReader;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where the answers of one connection are received and read, one after the other. Memory on the heap: it may be let go of
 * while the reader of a connection that broke is still in it. Belongs to the connection's reader thread, which is done
 * with an answer before it reads the next.
 */
final class LookupAnswers {
    /** What 128 rows of half a megabyte take; more is asked for again in smaller requests. */
    static final int MAX_LENGTH = 64 << 20;

    private static final int FIRST_LENGTH = 16 * 1024;
    private static final int MAX_KEPT_LENGTH = 1 << 20;

    final Connection connection;
    final ProtoReader message = new ProtoReader();
    final ProtoReader bucket = new ProtoReader();
    final ProtoReader value = new ProtoReader();
    private ByteBuffer bytes = ByteBuffer.allocate(FIRST_LENGTH);
    private UnsafeBuffer view = OffHeap.wrap(bytes.array());

    LookupAnswers(final Connection connection) {
        this.connection = connection;
    }

    /** Room for an answer, or null if it is too long. */
    @Nullable ByteBuffer take(final int length) {
        if (length > MAX_LENGTH) {
            return null;
        }
        if (bytes.capacity() < length || bytes.capacity() > MAX_KEPT_LENGTH && length <= MAX_KEPT_LENGTH) {
            bytes = ByteBuffer.allocate(Math.max(FIRST_LENGTH, length));
            view = OffHeap.wrap(bytes.array());
        }
        return bytes;
    }

    /** What was received. */
    UnsafeBuffer view() {
        return view;
    }
}
