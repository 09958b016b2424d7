package dev.millrace.support;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.testkit.FaultProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.TransientApiMetadata;

/**
 * Object storage on loopback, in the memory of this JVM: an endpoint that speaks S3 and checks signatures, with one bucket;
 * and the service that gives servers temporary credentials for their clients. Clients and servers reach the storage through
 * a {@link FaultProxy}. Safe for any number of threads.
 */
public final class ObjectStorage implements AutoCloseable {
    public static final String ACCESS_KEY = "millrace";
    public static final String SECRET_KEY = "grist-to-the-mill";
    public static final String BUCKET = "remote-data";

    private static final String HOST = "127.0.0.1";

    private final BlobStoreContext context;
    private final S3Proxy endpoint;
    private final FaultProxy proxy;
    private final HttpServer tokenService;
    private final AtomicInteger tokens = new AtomicInteger();
    private final Duration tokenLife;

    /** @param tokenLife how long temporary credentials are valid, as the service says; the storage does not mind. */
    public ObjectStorage(Duration tokenLife) throws Exception {
        this.tokenLife = tokenLife;
        context = ContextBuilder.newBuilder(new TransientApiMetadata())
                .credentials("unused", "unused")
                .build(BlobStoreContext.class);
        context.getBlobStore().createContainerInLocation(null, BUCKET);
        endpoint = S3Proxy.builder()
                .blobStore(context.getBlobStore())
                .endpoint(URI.create("http://" + HOST + ":0"))
                .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
                .ignoreUnknownHeaders(true)
                .build();
        endpoint.start();
        proxy = FaultProxy.to(HOST, endpoint.getPort());
        tokenService = HttpServer.create(new InetSocketAddress(HOST, 0), 0);
        tokenService.createContext("/", this::answerTokenRequest);
        tokenService.start();
    }

    /** What a server is configured with to keep its remote data here. */
    public Map<String, String> serverOptions() {
        Map<String, String> options = new TreeMap<>();
        options.put("remote.data.dir", "s3://" + BUCKET + "/cluster");
        options.put("s3.endpoint", endpoint());
        options.put("s3.region", "us-east-1");
        options.put("s3.path.style.access", "true");
        options.put("s3.access-key", ACCESS_KEY);
        options.put("s3.secret-key", SECRET_KEY);
        options.put("s3.assumed.role.sts.endpoint", "http://" + address(tokenService));
        return options;
    }

    public String endpoint() {
        return "http://" + proxy.address();
    }

    /** Through which everybody reaches the storage. */
    public FaultProxy proxy() {
        return proxy;
    }

    /** What lies in the bucket. */
    public BlobStore blobs() {
        return context.getBlobStore();
    }

    /** How many temporary credentials were given out. */
    public int tokens() {
        return tokens.get();
    }

    private static String address(HttpServer server) {
        return HOST + ":" + server.getAddress().getPort();
    }

    /** GetSessionToken of the security token service; the session token is ignored by the endpoint. */
    private void answerTokenRequest(HttpExchange exchange) {
        byte[] answer = """
                <GetSessionTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                  <GetSessionTokenResult>
                    <Credentials>
                      <AccessKeyId>%s</AccessKeyId>
                      <SecretAccessKey>%s</SecretAccessKey>
                      <SessionToken>session-%d</SessionToken>
                      <Expiration>%s</Expiration>
                    </Credentials>
                  </GetSessionTokenResult>
                  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
                </GetSessionTokenResponse>
                """.formatted(
                        ACCESS_KEY,
                        SECRET_KEY,
                        tokens.incrementAndGet(),
                        Instant.now().plus(tokenLife).truncatedTo(ChronoUnit.SECONDS))
                .getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", "text/xml");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        tokenService.stop(0);
        proxy.close();
        try {
            endpoint.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the storage did not stop", e);
        } finally {
            context.close();
        }
    }
}
