package dev.millrace.bench;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;

/**
 * What the benchmarks' jar starts. It unpacks the jars within the jar beside it, since servers and clients bring classes and
 * native libraries that would fall over each other in one, and starts {@link Benchmarks}, or the program of
 * {@code dev.millrace.bench.e2e} that {@code millrace.program} names, with the class path that the build has.
 */
public final class Launcher {
    private static final String ORDER = "benchmarks-classpath.txt";

    private Launcher() {}

    /** Takes the arguments of the program, and ends with its status. */
    public static void main(final String[] args) throws Exception {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dsun.misc.unsafe.memory.access=allow",
                "-Dorg.slf4j.simpleLogger.logFile=target/benchmarks-server.log",
                "-Dmillrace.commit=" + System.getProperty("millrace.commit", "unknown")));
        final String program = System.getProperty("millrace.program");
        command.addAll(List.of(
                "-cp",
                classPath(),
                program == null ? Benchmarks.class.getName() : "dev.millrace.bench.e2e." + program));
        command.addAll(List.of(args));
        System.exit(new ProcessBuilder(command).inheritIO().start().waitFor());
    }

    private static String classPath() throws IOException, URISyntaxException {
        final Path jar = Path.of(Launcher.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        final Path library = Files.createDirectories(jar.resolveSibling(jar.getFileName() + ".lib"));
        final StringBuilder classPath = new StringBuilder(jar.toString());
        try (JarFile outer = new JarFile(jar.toFile());
                InputStream order = outer.getInputStream(outer.getEntry(ORDER))) {
            for (final String name : new String(order.readAllBytes(), StandardCharsets.UTF_8)
                    .strip()
                    .split(File.pathSeparator)) {
                final Path inner = library.resolve(Path.of(name).getFileName());
                if (!Files.exists(inner) || newer(jar, inner)) {
                    try (InputStream in = outer.getInputStream(outer.getEntry("lib/" + inner.getFileName()))) {
                        Files.copy(in, inner, StandardCopyOption.REPLACE_EXISTING);
                    }
                }
                classPath.append(File.pathSeparator).append(inner);
            }
        }
        return classPath.toString();
    }

    private static boolean newer(final Path one, final Path other) throws IOException {
        return Files.getLastModifiedTime(one).compareTo(Files.getLastModifiedTime(other)) > 0;
    }
}
