package dev.millrace.internal.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussException;
import dev.millrace.internal.rpc.proto.GetFileSystemSecurityTokenResponse;
import dev.millrace.internal.rpc.proto.PbKeyValue;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials that the servers hand out, asked for when they are first needed and again before they run out. No thread
 * renews them: whoever reads after three quarters of their time asks for the next ones, so that a client that reads no
 * remote files asks for nothing. Safe for any number of threads; one of them asks while the others wait.
 */
final class SecurityTokens {
    private static final Logger LOG = LoggerFactory.getLogger(SecurityTokens.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LONGEST_PAUSE_MS = 60_000;

    private final Supplier<GetFileSystemSecurityTokenResponse> servers;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private @Nullable SecurityToken current;
    private long renewAtMs;
    private boolean isFailing;

    /** @param servers asks one of them; bounded in time. */
    SecurityTokens(final Supplier<GetFileSystemSecurityTokenResponse> servers) {
        this(servers, Clock.systemUTC());
    }

    SecurityTokens(final Supplier<GetFileSystemSecurityTokenResponse> servers, final Clock clock) {
        this.servers = servers;
        this.clock = clock;
    }

    /**
     * Credentials that have not run out. Blocks while servers are asked for them.
     *
     * @throws FlussException there are none.
     * @throws IOException the thread was interrupted while another one asked.
     */
    SecurityToken current() throws IOException {
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while credentials were asked for", e);
        }
        try {
            final SecurityToken token = current;
            return token == null || clock.millis() >= renewAtMs ? renew(token) : token;
        } finally {
            lock.unlock();
        }
    }

    /** The storage refused these: the next who needs some asks for others, unless that was done meanwhile. */
    void refused(final SecurityToken token) {
        lock.lock();
        try {
            if (token.equals(current)) {
                current = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private SecurityToken renew(final @Nullable SecurityToken old) {
        final long nowMs = clock.millis();
        try {
            final SecurityToken token = parse(servers.get());
            current = token;
            if (isFailing) {
                isFailing = false;
                LOG.info("Credentials for remote storage are renewed");
            }
            renewAtMs = nowMs + (token.expiresAtMs() - nowMs) / 4 * 3;
            return token;
        } catch (FlussException e) {
            if (old == null || nowMs >= old.expiresAtMs()) {
                throw e;
            }
            if (!isFailing) {
                isFailing = true;
                LOG.warn("Renewing credentials for remote storage until it succeeds: {}", e.getMessage());
            }
            renewAtMs = nowMs + Math.min(LONGEST_PAUSE_MS, (old.expiresAtMs() - nowMs) / 4);
            return old;
        }
    }

    private static SecurityToken parse(final GetFileSystemSecurityTokenResponse response) {
        final JsonNode keys = json(response);
        return new SecurityToken(
                response.getSchema(),
                keys.path("access_key_id").asText(""),
                keys.path("access_key_secret").asText(""),
                keys.path("security_token").asText(""),
                response.getAdditionInfoList().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                PbKeyValue::getKey, PbKeyValue::getValue, (first, second) -> second)),
                response.hasExpirationTime() ? response.getExpirationTime() : Long.MAX_VALUE);
    }

    /** The credentials; none are handed out for storage that asks for none. */
    private static JsonNode json(final GetFileSystemSecurityTokenResponse response) {
        if (response.getToken().isEmpty()) {
            return JSON.createObjectNode();
        }
        try {
            return JSON.readTree(response.getToken().toByteArray());
        } catch (JsonProcessingException e) {
            // Not with its cause, which quotes what should stay secret.
            throw new CorruptDataException("the credentials that a server handed out for the storage '"
                    + response.getSchema() + "' are no JSON");
        } catch (IOException e) {
            throw new IllegalStateException("reading an array", e);
        }
    }
}
