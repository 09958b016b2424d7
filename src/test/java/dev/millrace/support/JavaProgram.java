package dev.millrace.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of the test class path in a JVM of their own, which no other test has shown anything to the compiler. */
public final class JavaProgram {
    private JavaProgram() {}

    /**
     * Runs a program until it has closed its output, and some seconds at most from then on.
     *
     * @return what it printed, without the last line break.
     * @throws AssertionError it failed, with what it said of that.
     */
    public static String run(final Class<?> program, final List<String> jvmArgs, final List<String> args)
            throws IOException, InterruptedException {
        final Path err = Files.createTempFile(program.getSimpleName(), ".err");
        final Process process = new ProcessBuilder(Stream.of(
                                List.of(Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString()),
                                jvmArgs,
                                List.of("-cp", System.getProperty("java.class.path"), program.getName()),
                                args)
                        .flatMap(List::stream)
                        .toList())
                .redirectError(err.toFile())
                .start();
        try {
            final String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new AssertionError(program.getSimpleName() + " failed: " + out + Files.readString(err));
            }
            return out.strip();
        } finally {
            process.destroyForcibly();
            Files.delete(err);
        }
    }
}
