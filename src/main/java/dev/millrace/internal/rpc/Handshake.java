package dev.millrace.internal.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.RpcSettings.Credentials;
import dev.millrace.internal.rpc.proto.ApiVersionsRequest;
import dev.millrace.internal.rpc.proto.ApiVersionsResponse;
import dev.millrace.internal.rpc.proto.AuthenticateRequest;
import dev.millrace.internal.rpc.proto.AuthenticateResponse;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The first words on a connection: which versions of which requests the server serves, and who we are. Runs on the
 * thread that opens the connection, before anybody else sees it.
 */
final class Handshake {
    private static final String CLIENT_NAME = "millrace";
    private static final String CLIENT_VERSION = "0.1";
    private static final String MECHANISM = "PLAIN";

    private static final long FIRST_BACKOFF_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long MAX_BACKOFF_NS = TimeUnit.SECONDS.toNanos(5);

    private final Connection connection;
    private final RpcSettings settings;
    private final long deadlineNs;

    Handshake(final Connection connection, final RpcSettings settings, final long deadlineNs) {
        this.connection = connection;
        this.settings = settings;
        this.deadlineNs = deadlineNs;
    }

    void run() {
        final ApiVersionsRequest request = ApiVersionsRequest.newBuilder()
                .setClientSoftwareName(CLIENT_NAME)
                .setClientSoftwareVersion(CLIENT_VERSION)
                .build();
        final ApiVersionsResponse response = exchange(Api.API_VERSIONS, request, ApiVersionsResponse.parser());
        connection.established(new ApiVersions(response), response.getServerType());
        if (settings.credentials() != null) {
            authenticate(settings.credentials());
        }
    }

    /**
     * The server may ask to begin again, which is no refusal: it is asked again until the deadline, and what comes of it
     * then may pass.
     */
    private void authenticate(final Credentials credentials) {
        final AuthenticateRequest request = AuthenticateRequest.newBuilder()
                .setProtocol(MECHANISM)
                .setToken(ByteString.copyFromUtf8("\0" + credentials.username() + "\0" + credentials.password()))
                .build();
        long backoffNs = FIRST_BACKOFF_NS;
        while (true) {
            try {
                exchange(Api.AUTHENTICATE, request, AuthenticateResponse.parser());
                return;
            } catch (final FlussApiException e) {
                if (e.error() != FlussError.RETRIABLE_AUTHENTICATE_EXCEPTION) {
                    throw e;
                } else if (deadlineNs - System.nanoTime() <= backoffNs) {
                    throw new RpcException(
                            connection.peer() + " could not check the credentials in time: " + e.getMessage(), e);
                }
            }
            LockSupport.parkNanos(this, backoffNs - ThreadLocalRandom.current().nextLong(backoffNs / 5));
            backoffNs = Math.min(2 * backoffNs, MAX_BACKOFF_NS);
        }
    }

    private <R> R exchange(final Api api, final MessageLite request, final Parser<R> parser) {
        final MessageCall<R> call = new MessageCall<>(connection, api, request, parser);
        call.write();
        return call.await(deadlineNs);
    }
}
