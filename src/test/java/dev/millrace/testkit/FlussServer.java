package dev.millrace.testkit;

/**
 * One server of a {@link FlussCluster}. It keeps its port and its data over every stop and start. Its methods are for one
 * thread at a time; what they cannot do in the cluster's mode is an {@link UnsupportedOperationException}.
 */
public abstract sealed class FlussServer permits EmbeddedServer, ServerProcess {
    private volatile ServerConfig config;
    private volatile int port;
    private volatile int serversPort;

    FlussServer(ServerConfig config) {
        this.config = config;
    }

    /** The name used in logs and directories: {@code coordinator} or {@code tablet-server-0}. */
    public final String name() {
        return config.name();
    }

    /** The loopback port on which the server itself listens for clients, the same after a restart. */
    public final int port() {
        return port;
    }

    /** Where clients are sent: to the server's port, or to its proxy. */
    public final String address() {
        return FlussCluster.HOST + ":" + advertisedPort();
    }

    private int advertisedPort() {
        FaultProxy proxy = config.proxy();
        return proxy == null ? port : proxy.port();
    }

    /**
     * The port at which servers reach this one, another after every start. It asks nobody who he is and refuses him
     * nothing, whatever clients are asked and allowed.
     */
    public final int serversPort() {
        return serversPort;
    }

    /** Sets an option of this server alone, from its next start on. */
    public final void option(String key, String value) {
        config = config.with(key, value);
    }

    /** The proxy through which clients reach this server, in a cluster that was built with proxies. */
    public final FaultProxy proxy() {
        FaultProxy proxy = config.proxy();
        if (proxy == null) {
            throw new UnsupportedOperationException("the cluster was built without proxies");
        }
        return proxy;
    }

    final ServerConfig config() {
        return config;
    }

    /** Remembers the ports the server got; that for clients for its next start and for its proxy. */
    final void listensOn(RunningServer.Ports ports) {
        port = ports.clients();
        serversPort = ports.servers();
        FaultProxy proxy = config.proxy();
        if (proxy != null) {
            proxy.retarget(port);
        }
    }

    public abstract boolean isRunning();

    /** Starts the server again after {@link #stop} or {@link #kill}; returns when it listens. */
    public abstract void start();

    /** As {@link #start}, on another port: as if the server had moved to another machine with its data. */
    public final void startElsewhere() {
        port = 0;
        start();
    }

    /** Shuts the server down in order, so that it hands its buckets over first. */
    public abstract void stop();

    /** Ends the server's process without a chance to tidy up (child processes only). */
    public abstract void kill();

    /** Freezes the server's process: connections stay open and silent (child processes on Unix only). */
    public abstract void pause();

    /** Lets a paused server go on. */
    public abstract void resume();

    /** Where to look for what this server logs: a file of its own, or that of the JVM which it shares. */
    public abstract String log();
}
