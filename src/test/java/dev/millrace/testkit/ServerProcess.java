package dev.millrace.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server in a JVM of its own, which can be killed, frozen and started again. It dies with the JVM that started it. */
final class ServerProcess extends FlussServer {
    private static final long STOP_SECONDS = 20;

    private final Path directory;
    private final List<String> jvmOptions;
    private final @Nullable Path plugins;
    private @Nullable Process process;

    /**
     * @param directory of this server alone: options, log, native libraries; it exists already.
     * @param plugins where the server looks for plugins, each in a directory of its own; null for none.
     */
    ServerProcess(ServerConfig config, Path directory, List<String> jvmOptions, @Nullable Path plugins) {
        super(config);
        this.directory = directory;
        this.jvmOptions = List.copyOf(jvmOptions);
        this.plugins = plugins;
    }

    @Override
    public boolean isRunning() {
        return process != null && process.isAlive();
    }

    @Override
    public void start() {
        launch();
        awaitReady();
    }

    /** Starts the process without waiting for it, so that several can start side by side. */
    void launch() {
        if (isRunning()) {
            throw new IllegalStateException(name() + " is running already");
        }
        try {
            ProcessBuilder builder = new ProcessBuilder(command(writeOptions()))
                    .redirectError(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
            if (plugins != null) {
                builder.environment().put("FLUSS_PLUGINS_DIR", plugins.toString());
            }
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("could not start " + name(), e);
        }
    }

    void awaitReady() {
        Process started = started();
        try {
            // Not closed: closing would send the server's next line into a broken pipe.
            BufferedReader lines = started.inputReader(StandardCharsets.UTF_8);
            String line = lines.readLine();
            if (line == null || !line.startsWith(ServerMain.READY)) {
                throw new IllegalStateException(name() + " did not start, it said " + line + ":\n" + logTail());
            }
            String[] ports = line.substring(ServerMain.READY.length()).trim().split(" ");
            listensOn(new RunningServer.Ports(Integer.parseInt(ports[0]), Integer.parseInt(ports[1])));
        } catch (IOException e) {
            throw new UncheckedIOException("could not start " + name(), e);
        }
    }

    private List<String> command(Path options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-Xshare:auto"));
        command.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
        command.add("-Djava.io.tmpdir=" + directory); // unpacked native libraries go when the cluster goes
        command.add("-Dorg.slf4j.simpleLogger.logFile=System.err");
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ServerMain.class.getName()));
        command.addAll(List.of(config().role().name(), options.toString()));
        return command;
    }

    private Path writeOptions() throws IOException {
        Properties properties = new Properties();
        properties.putAll(config().optionsOnPort(port()));
        Path file = directory.resolve("server.properties");
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        return file;
    }

    @Override
    public void stop() {
        if (isRunning()) {
            started().destroy();
            if (!hasEnded()) {
                kill();
            }
        }
    }

    @Override
    public void kill() {
        Process killed = started();
        killed.destroyForcibly();
        if (!hasEnded()) {
            throw new IllegalStateException(name() + " (pid " + killed.pid() + ") survives being killed");
        }
    }

    private boolean hasEnded() {
        try {
            return started().waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + name() + " was ending", e);
        }
    }

    @Override
    public void pause() {
        signal("STOP");
    }

    @Override
    public void resume() {
        signal("CONT");
    }

    private void signal(String signal) {
        try {
            Process kill = new ProcessBuilder(
                            "kill", "-" + signal, Long.toString(started().pid()))
                    .inheritIO()
                    .start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("could not send SIG" + signal + " to " + name());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not send SIG" + signal + " to " + name(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while sending SIG" + signal + " to " + name(), e);
        }
    }

    private Process started() {
        if (process == null) {
            throw new IllegalStateException(name() + " was never started");
        }
        return process;
    }

    @Override
    public String log() {
        return logFile().toString();
    }

    private Path logFile() {
        return directory.resolve("server.log");
    }

    private String logTail() throws IOException {
        List<String> lines = Files.readAllLines(logFile());
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
    }
}
