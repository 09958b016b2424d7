package dev.millrace.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Keeps servers and clients to a processor each, so that neither lives at the other's cost: where {@code taskset} is at hand
 * and there are two.
 */
public final class Processors {
    private static final String SERVERS = "0";
    private static final String CLIENTS = "1";

    private Processors() {}

    /** Keeps this process, and the children it starts from now on, to the processor of the servers; false if it cannot. */
    public static boolean forServers() throws InterruptedException {
        return Runtime.getRuntime().availableProcessors() >= 2 && pin(SERVERS);
    }

    /** Keeps this process, and the children it starts from now on, to the processor of the clients. */
    public static void forClients() throws InterruptedException {
        pin(CLIENTS);
    }

    private static boolean pin(final String processor) throws InterruptedException {
        try {
            final Process taskset = new ProcessBuilder(
                            "taskset",
                            "-a",
                            "-cp",
                            processor,
                            String.valueOf(ProcessHandle.current().pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return taskset.waitFor(5, TimeUnit.SECONDS) && taskset.exitValue() == 0;
        } catch (IOException e) {
            System.err.println("no taskset here: " + e.getMessage());
            return false;
        }
    }
}
