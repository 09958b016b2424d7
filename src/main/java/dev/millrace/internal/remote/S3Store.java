package dev.millrace.internal.remote;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Object storage that speaks the protocol of S3. The servers say where it is and hand out credentials; whatever the
 * environment of the program holds for other uses of S3 is left alone. Blocking requests over the JDK's own HTTP client,
 * made on the reading thread: an interrupt ends them.
 */
final class S3Store implements RemoteStore {
    static final String NEEDED_ARTIFACTS = "software.amazon.awssdk:s3 and software.amazon.awssdk:url-connection-client";

    private static final String REGION = "fs.s3a.region";
    private static final String ENDPOINT = "fs.s3a.endpoint";
    private static final String PATH_STYLE = "fs.s3a.path.style.access";
    private static final String DEFAULT_REGION = "us-east-1";
    private static final int COPY_LENGTH = 64 * 1024;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int BAD_REQUEST = 400;

    private final SecurityTokens tokens;
    private final Duration timeout;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private @Nullable S3Client client;
    private Map<String, String> clientSettings = Map.of();

    S3Store(final SecurityTokens tokens, final Duration timeout) {
        this.tokens = tokens;
        this.timeout = timeout;
        // Proves that all artifacts are there, before the first read needs them.
        newClient(Map.of()).close();
    }

    @Override
    public void read(final RemotePath file, final long position, final ByteBuffer target) throws IOException {
        final SecurityToken token = tokens.current();
        final String range = "bytes=" + position + "-" + (position + target.remaining() - 1);
        final GetObjectRequest request = GetObjectRequest.builder()
                .bucket(file.authority())
                .key(file.path().substring(1))
                .range(range)
                .overrideConfiguration(call -> call.credentialsProvider(credentials(token)))
                .build();
        try (ResponseInputStream<GetObjectResponse> stream = client(token).getObject(request)) {
            copy(stream, range, target);
        } catch (SdkException e) {
            if (e instanceof final S3Exception refusal && isForKeys(refusal)) {
                tokens.refused(token);
            }
            throw new IOException(e.getMessage(), e);
        }
    }

    private static AwsCredentialsProvider credentials(final SecurityToken token) {
        if (!token.hasKeys()) {
            return AnonymousCredentialsProvider.create();
        }
        return StaticCredentialsProvider.create(
                token.sessionToken().isEmpty()
                        ? AwsBasicCredentials.create(token.accessKeyId(), token.accessKeySecret())
                        : AwsSessionCredentials.create(
                                token.accessKeyId(), token.accessKeySecret(), token.sessionToken()));
    }

    private static boolean isForKeys(final S3Exception refusal) {
        return switch (refusal.statusCode()) {
            case UNAUTHORIZED, FORBIDDEN -> true;
            case BAD_REQUEST ->
                refusal.awsErrorDetails() != null
                        && refusal.awsErrorDetails().errorCode().contains("Token");
            default -> false;
        };
    }

    private static void copy(
            final ResponseInputStream<GetObjectResponse> stream, final String range, final ByteBuffer target)
            throws IOException {
        try {
            // Storage that knows no ranges would send the file from its beginning.
            final String sent = stream.response().contentRange();
            if (sent == null || !sent.startsWith(range.replace('=', ' '))) {
                throw new IOException("asked for " + range + ", the storage sends " + sent);
            }
            fill(stream, target);
        } catch (IOException | RuntimeException e) {
            // Without reading the rest.
            stream.abort();
            throw e;
        }
    }

    private static void fill(final InputStream stream, final ByteBuffer target) throws IOException {
        final byte[] piece = new byte[Math.min(COPY_LENGTH, target.remaining())];
        while (target.hasRemaining()) {
            final int count = stream.read(piece, 0, Math.min(piece.length, target.remaining()));
            if (count < 0) {
                throw new EOFException("the storage sent " + target.remaining() + " bytes too few");
            }
            target.put(piece, 0, count);
        }
    }

    private S3Client client(final SecurityToken token) {
        lock.lock();
        try {
            S3Client usable = client;
            if (usable == null || !clientSettings.equals(token.settings())) {
                if (usable != null) {
                    usable.close();
                }
                usable = newClient(token.settings());
                client = usable;
                clientSettings = token.settings();
            }
            return usable;
        } finally {
            lock.unlock();
        }
    }

    private S3Client newClient(final Map<String, String> settings) {
        final S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(timeout)
                        .socketTimeout(timeout))
                .credentialsProvider(AnonymousCredentialsProvider.create())
                .region(Region.of(settings.getOrDefault(REGION, DEFAULT_REGION)))
                .forcePathStyle(Boolean.parseBoolean(settings.get(PATH_STYLE)))
                // Batches have checksums of their own, and who reads them tries again himself.
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(calls -> calls.retryStrategy(AwsRetryStrategy.doNotRetry()));
        final String endpoint = settings.get(ENDPOINT);
        if (endpoint != null && !endpoint.isEmpty()) {
            builder.endpointOverride(URI.create(endpoint.contains("://") ? endpoint : "https://" + endpoint));
        }
        return builder.build();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (client != null) {
                client.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
