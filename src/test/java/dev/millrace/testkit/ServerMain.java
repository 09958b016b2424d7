package dev.millrace.testkit;

import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * The main class of a server in a process of its own: {@code ServerMain ROLE OPTIONS_FILE}. Prints {@code READY port port} on
 * standard output when it listens, for clients and for servers. Ends when its standard input does, so it never outlives the JVM that started it,
 * however that one ends.
 */
final class ServerMain {
    static final String READY = "READY ";

    private ServerMain() {}

    public static void main(String[] args) {
        PrintStream toParent = System.out;
        System.setOut(System.err); // nobody reads the pipe after the one line, and a full pipe would stop the server
        haltWithParent();
        try {
            RunningServer server =
                    RunningServer.start(ServerConfig.Role.valueOf(args[0]), readOptions(Path.of(args[1])));
            // A signal to end is an orderly stop; a kill is none.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "stop"));
            toParent.println(
                    READY + server.ports().clients() + " " + server.ports().servers());
            toParent.flush();
        } catch (Exception | Error e) {
            e.printStackTrace();
            Runtime.getRuntime()
                    .halt(1); // threads of a half-started server would keep the process, and its parent, waiting
        }
    }

    private static void stop(RunningServer server) {
        try {
            server.stop();
        } catch (Exception e) {
            e.printStackTrace();
        }
    }

    private static Map<String, String> readOptions(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        Map<String, String> options = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> options.put(key, properties.getProperty(key)));
        return options;
    }

    private static void haltWithParent() {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // the parent sends nothing; only the end of the stream means something
                        }
                    } catch (IOException e) {
                        // A broken pipe says the same as its end: the parent is gone.
                    }
                    Runtime.getRuntime().halt(0);
                },
                "watch-parent");
        watch.setDaemon(true);
        watch.start();
    }
}
