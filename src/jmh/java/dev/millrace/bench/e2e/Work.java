package dev.millrace.bench.e2e;

import dev.millrace.bench.client.Client;
import java.io.IOException;
import java.util.function.LongConsumer;

/** What a contestant does again and again. */
interface Work extends AutoCloseable {
    /**
     * Does a piece of it and checks what came out.
     *
     * @param latency takes the times callers waited, in nanoseconds, where that is meant.
     * @return how many rows or lookups it was.
     */
    long run(LongConsumer latency) throws Exception;

    @Override
    default void close() throws IOException {}

    /** Work of a client. */
    interface OfClient {
        Work open(Client client) throws Exception;
    }

    /** Work of any contestant. */
    interface Opener {
        Work open(String bootstrapServers) throws Exception;
    }
}
