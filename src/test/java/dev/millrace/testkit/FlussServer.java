package dev.millrace.testkit;

import java.nio.file.Path;

/**
 * One server of a {@link FlussCluster}. It keeps its port and its data over every stop and start. Its methods are for one
 * thread at a time; what they cannot do in the cluster's mode is an {@link UnsupportedOperationException}.
 */
public interface FlussServer {

    /** The name used in logs and directories: {@code coordinator} or {@code tablet-server-0}. */
    String name();

    /** The loopback port the server listens on, the same after a restart. */
    int port();

    /** The address in the form clients are configured with. */
    default String address() {
        return FlussCluster.HOST + ":" + port();
    }

    boolean isRunning();

    /** Starts the server again after {@link #stop} or {@link #kill}; returns when it listens. */
    void start();

    /** Shuts the server down in order, so that it hands its buckets over first. */
    void stop();

    /** Ends the server's process without a chance to tidy up (child processes only). */
    void kill();

    /** Freezes the server's process: connections stay open and silent (child processes on Unix only). */
    void pause();

    /** Lets a paused server go on. */
    void resume();

    /** The file this server logs to. */
    Path log();
}
