package quotes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as it is started in earnest: by itself, with what it depends on, and without a flag. */
@WithCluster
class MainTest {
    @Test
    void shouldRunByItself(FlussCluster cluster, Database database, @TempDir Path directory) throws Exception {
        Path printed = directory.resolve("printed");
        Path errors = directory.resolve("errors");
        String classPath = "target/classes" + File.pathSeparator + Files.readString(Path.of("target/class-path.txt"));
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        "quotes.Main",
                        cluster.bootstrapServers(),
                        database.name())
                .redirectOutput(printed.toFile())
                .redirectError(errors.toFile())
                .start();
        try {
            assertTrue(program.waitFor(60, TimeUnit.SECONDS), "still running");
        } finally {
            program.destroyForcibly();
        }
        assertEquals("ACME 42.25 after 3 changes", Files.readString(printed).strip(), Files.readString(errors));
    }
}
