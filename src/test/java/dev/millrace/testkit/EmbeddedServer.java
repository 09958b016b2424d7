package dev.millrace.testkit;

import org.jspecify.annotations.Nullable;

/** A server that shares the JVM of the tests: quick to start, debuggable, and impossible to kill. */
final class EmbeddedServer extends FlussServer {
    private static final String FLAG = "--add-opens=java.base/java.nio=ALL-UNNAMED";

    private @Nullable RunningServer running;

    EmbeddedServer(ServerConfig config) {
        super(config);
        if (!Object.class.getModule().isOpen("java.nio", EmbeddedServer.class.getModule())) {
            throw new IllegalStateException(
                    "an embedded cluster needs the JVM flag " + FLAG + ", without which the servers"
                            + " write no change log; give it to the JVM of the tests, or use Mode.PROCESSES, which gives it to"
                            + " servers");
        }
    }

    @Override
    public boolean isRunning() {
        return running != null;
    }

    @Override
    public void start() {
        if (running != null) {
            throw new IllegalStateException(name() + " is running already");
        }
        try {
            running = RunningServer.start(config().role(), config().optionsOnPort(port()));
            listensOn(running.ports());
        } catch (Exception e) {
            throw new IllegalStateException("could not start " + name() + ", see " + log(), e);
        }
    }

    @Override
    public void stop() {
        RunningServer stopped = running;
        running = null;
        if (stopped != null) {
            try {
                stopped.stop();
            } catch (Exception e) {
                throw new IllegalStateException("could not stop " + name() + ", see " + log(), e);
            }
        }
    }

    @Override
    public void kill() {
        throw needsProcess();
    }

    @Override
    public void pause() {
        throw needsProcess();
    }

    @Override
    public void resume() {
        throw needsProcess();
    }

    @Override
    public String log() {
        return "the log of this JVM";
    }

    private UnsupportedOperationException needsProcess() {
        return new UnsupportedOperationException(name() + " is embedded; only a process can be killed or paused");
    }
}
