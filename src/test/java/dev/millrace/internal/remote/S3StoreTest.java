package dev.millrace.internal.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.internal.rpc.proto.GetFileSystemSecurityTokenResponse;
import dev.millrace.internal.rpc.proto.PbKeyValue;
import dev.millrace.support.ObjectStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jclouds.blobstore.BlobStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranges of objects behind an endpoint that checks signatures. */
@Timeout(60)
class S3StoreTest {
    private static final long SEED = 20261126;
    private static final byte[] CONTENT = new byte[300_000];
    private static final RemotePath FILE = RemotePath.parse("s3://" + ObjectStorage.BUCKET + "/some dir/file.log");
    private static final String KEYS = """
            {"version":1,"access_key_id":"%s","access_key_secret":"%s","security_token":"some-session"}""";

    private static ObjectStorage storage;

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicReference<String> secret = new AtomicReference<>(ObjectStorage.SECRET_KEY);
    private final AtomicReference<String> endpoint = new AtomicReference<>(storage.endpoint());
    private final SecurityTokens tokens = new SecurityTokens(this::token);
    private final S3Store store = new S3Store(tokens, Duration.ofSeconds(60));

    @BeforeAll
    static void start() throws Exception {
        storage = new ObjectStorage(Duration.ofHours(1));
        new Random(SEED).nextBytes(CONTENT);
        final BlobStore blobs = storage.blobs();
        blobs.putBlob(
                ObjectStorage.BUCKET,
                blobs.blobBuilder("some dir/file.log").payload(CONTENT).build());
    }

    @AfterAll
    static void stop() {
        storage.close();
    }

    @AfterEach
    void close() {
        storage.proxy().heal();
        store.close();
    }

    private GetFileSystemSecurityTokenResponse token() {
        asked.incrementAndGet();
        return GetFileSystemSecurityTokenResponse.newBuilder()
                .setSchema("s3")
                .setToken(ByteString.copyFromUtf8(KEYS.formatted(ObjectStorage.ACCESS_KEY, secret.get())))
                .addAdditionInfo(setting("fs.s3a.region", "eu-central-1"))
                .addAdditionInfo(setting("fs.s3a.endpoint", endpoint.get()))
                .addAdditionInfo(setting("fs.s3a.path.style.access", "true"))
                .build();
    }

    private static PbKeyValue setting(final String key, final String value) {
        return PbKeyValue.newBuilder().setKey(key).setValue(value).build();
    }

    @Test
    void shouldReadRanges() throws Exception {
        for (final Map.Entry<Integer, Integer> range :
                Map.of(0, 1, 1, 100_000, 250_000, 50_000, 299_999, 1).entrySet()) {
            assertThat(read(range.getKey(), range.getValue()))
                    .isEqualTo(ByteBuffer.wrap(CONTENT, range.getKey(), range.getValue()));
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void shouldAskForOtherCredentialsWhenTheseAreRefused() throws Exception {
        secret.set("no longer valid");
        assertThatThrownBy(() -> read(0, 10)).isInstanceOf(IOException.class).hasMessageContaining("403");
        secret.set(ObjectStorage.SECRET_KEY);
        assertThat(read(0, 10)).isEqualTo(ByteBuffer.wrap(CONTENT, 0, 10));
        assertThat(asked).hasValue(2);
    }

    @Test
    void shouldFollowTheSettingsOfTheServers() throws Exception {
        assertThat(read(0, 10)).isEqualTo(ByteBuffer.wrap(CONTENT, 0, 10));
        endpoint.set("http://127.0.0.1:1");
        tokens.refused(tokens.current());
        assertThatThrownBy(() -> read(0, 10)).isInstanceOf(IOException.class);
        endpoint.set(storage.endpoint());
        tokens.refused(tokens.current());
        assertThat(read(0, 10)).isEqualTo(ByteBuffer.wrap(CONTENT, 0, 10));
    }

    @Test
    void shouldSayWhatIsMissing() {
        assertThatThrownBy(() -> store.read(
                        RemotePath.parse("s3a://" + ObjectStorage.BUCKET + "/none"), 0, ByteBuffer.allocateDirect(10)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("404");
        assertThatThrownBy(() -> read(CONTENT.length - 5, 10)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> read(CONTENT.length, 10)).isInstanceOf(IOException.class);
    }

    @Test
    void shouldEndWhenInterrupted() throws Exception {
        read(0, 1);
        storage.proxy().toClient().mute();
        final long before = storage.proxy().toServer().forwardedBytes();
        final CompletableFuture<Exception> failure = new CompletableFuture<>();
        final Thread reader = Thread.ofVirtual().start(() -> {
            try {
                read(0, 200_000);
                failure.completeExceptionally(new AssertionError("nobody answered"));
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        while (storage.proxy().toServer().forwardedBytes() == before) {
            Thread.onSpinWait();
        }
        reader.interrupt();
        assertThat(failure.get(20, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    }

    private ByteBuffer read(final int position, final int length) throws IOException {
        final ByteBuffer target = ByteBuffer.allocateDirect(length);
        store.read(FILE, position, target);
        assertThat(target.hasRemaining()).isFalse();
        return target.flip();
    }
}
