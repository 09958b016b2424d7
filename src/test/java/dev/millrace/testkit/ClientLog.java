package dev.millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The lines of level INFO and above that the library has logged in this JVM since this was made. For one thread. */
public final class ClientLog {
    private static final Path FILE = Path.of("target", "test.log");
    private static final Pattern OF_THE_LIBRARY =
            Pattern.compile("[^ ]+ \\[[^]]*] (INFO|WARN|ERROR) dev\\.millrace\\..*");

    private final long begin;

    public ClientLog() {
        begin = read().length;
    }

    public List<String> lines() {
        byte[] all = read();
        String since = new String(Arrays.copyOfRange(all, (int) begin, all.length), StandardCharsets.UTF_8);
        return since.lines()
                .filter(line -> OF_THE_LIBRARY.matcher(line).matches())
                .toList();
    }

    private static byte[] read() {
        try {
            return Files.exists(FILE) ? Files.readAllBytes(FILE) : new byte[0];
        } catch (IOException e) {
            throw new UncheckedIOException("could not read " + FILE, e);
        }
    }
}
