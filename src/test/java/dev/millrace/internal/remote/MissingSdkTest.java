package dev.millrace.internal.remote;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.support.ClassPath;
import java.lang.reflect.InvocationTargetException;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program without the optional SDK for S3 on its class path. */
@SuppressWarnings("try") // close() of what is loaded by reflection throws Exception
class MissingSdkTest {
    @Test
    void shouldReadDirectoriesAndNameWhatToAddForS3(@TempDir final Path directory) throws Exception {
        final Path file = Files.writeString(directory.resolve("a file"), "some text");
        try (URLClassLoader program = ClassPath.without("awssdk")) {
            final ByteBuffer target = ByteBuffer.allocateDirect(4);
            assertThat(failure(program, file.toUri().getScheme() + ":" + file, target))
                    .isNull();
            assertThat(target.flip()).isEqualTo(ByteBuffer.wrap("text".getBytes(StandardCharsets.UTF_8)));

            final Throwable failure = failure(program, "s3a://bucket/file", target);
            assertThat(failure.getClass().getSimpleName()).isEqualTo("RemoteStorageException");
            assertThat(failure)
                    .hasMessageContaining("scheme 's3a'")
                    .hasMessageContaining("software.amazon.awssdk:s3")
                    .hasMessageContaining("software.amazon.awssdk:url-connection-client");
        }
    }

    private static @Nullable Throwable failure(final ClassLoader program, final String file, final ByteBuffer target)
            throws Exception {
        final Class<?> type = program.loadClass(RemoteFiles.class.getName());
        try (AutoCloseable files = (AutoCloseable) type.getConstructor(
                        program.loadClass(RpcClient.class.getName()),
                        program.loadClass(Cluster.class.getName()),
                        Duration.class)
                .newInstance(null, null, Duration.ofSeconds(1))) {
            type.getMethod("read", String.class, long.class, ByteBuffer.class).invoke(files, file, 5L, target);
            return null;
        } catch (InvocationTargetException e) {
            return e.getCause();
        }
    }
}
