package dev.millrace.internal.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.MessageLite;
import dev.millrace.error.AuthenticationException;
import dev.millrace.error.AuthenticationException.Reason;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.PartitionMessages;
import dev.millrace.internal.rpc.RpcSettings.Credentials;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.ApiVersionsResponse;
import dev.millrace.internal.rpc.proto.CreateDatabaseRequest;
import dev.millrace.internal.rpc.proto.CreatePartitionResponse;
import dev.millrace.internal.rpc.proto.DatabaseExistsRequest;
import dev.millrace.internal.rpc.proto.DatabaseExistsResponse;
import dev.millrace.internal.rpc.proto.PbApiVersion;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.TablePath;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.fluss.exception.RetriableException;
import org.apache.fluss.rpc.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said when a connection begins, to servers of other versions and to those that let nobody in. */
@Timeout(60)
class HandshakeTest {
    private static final DatabaseExistsRequest REQUEST =
            DatabaseExistsRequest.newBuilder().setDatabaseName("market").build();
    private static final DatabaseExistsResponse YES =
            DatabaseExistsResponse.newBuilder().setExists(true).build();
    private static final Credentials CREDENTIALS = new Credentials("ada", "love:lace");

    @Test
    void shouldSpeakTheHighestVersionThatBothKnow() throws Exception {
        final ApiVersionsResponse.Builder newer = ApiVersionsResponse.newBuilder()
                .addApiVersions(version(4_242, 3, 7))
                .addApiVersions(version(-1, 0, 1));
        for (final Api api : Api.values()) {
            newer.addApiVersions(version(api.key(), 0, api.maxVersion() + 9));
        }
        try (ScriptedServer server = new ScriptedServer(request -> request.answer(newer.build())).withoutHandshake();
                RpcClient client = client(null)) {
            final Connection connection = client.connection(server.node(), in(10_000));
            for (final Api api : new Api[] {Api.DATABASE_EXISTS, Api.PUT_KV, Api.LOOKUP}) {
                final CompletableFuture<Request> seen = new CompletableFuture<>();
                server.script(request -> {
                    seen.complete(request);
                    request.answer(YES);
                });
                final MessageCall<DatabaseExistsResponse> call =
                        new MessageCall<>(connection, api, REQUEST, DatabaseExistsResponse.parser());
                connection.submit(call);
                assertThat(call.await(in(10_000)).getExists()).isTrue();
                assertThat(seen.get(10, TimeUnit.SECONDS).version()).isEqualTo(api.maxVersion());
            }
        }
    }

    @Test
    void shouldNameWhatAServerCannotDoAndWhatItCan() throws Exception {
        final ApiVersionsResponse future = ApiVersionsResponse.newBuilder()
                .addApiVersions(version(Api.DATABASE_EXISTS.key(), 2, 5))
                .build();
        try (ScriptedServer server = new ScriptedServer(request -> request.answer(future)).withoutHandshake();
                RpcClient client = client(null)) {
            assertThatThrownBy(() -> call(client, server, Api.DATABASE_EXISTS, REQUEST))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining(server.node() + " serves DATABASE_EXISTS in versions 2 to 5 only")
                    .hasMessageContaining("speaks versions 0 to 0")
                    .hasCauseInstanceOf(FlussApiException.class);
            assertThatThrownBy(() -> call(client, server, Api.ALTER_TABLE, REQUEST))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining(server.node() + " does not serve ALTER_TABLE")
                    .hasMessageContaining("speaks versions 0 to 0")
                    .satisfies(e -> assertThat(e.getStackTrace())
                            .anyMatch(frame -> frame.getClassName().equals(HandshakeTest.class.getName())));
            assertThat(client.connection(server.node(), in(1_000)).isOpen()).isTrue();
        }
    }

    @Test
    void shouldSayTheSameWhenTheServerSaysIt() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> request.refuse(2, "client too old for a lake"));
                RpcClient client = client(null)) {
            assertThatThrownBy(() -> call(client, server, Api.DATABASE_EXISTS, REQUEST))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("client too old for a lake")
                    .cause()
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.UNSUPPORTED_VERSION));
        }
    }

    @Test
    void shouldNotLogInWhereNobodyCan() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> {}).limitedTo(Api.DATABASE_EXISTS);
                RpcClient client = client(CREDENTIALS)) {
            assertThatThrownBy(() -> client.connection(server.node(), in(10_000)))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("does not serve AUTHENTICATE");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Authentication failed: Invalid username or password, WRONG_CREDENTIALS",
        "SASL server enables [GSSAPI] while protocol of client is 'PLAIN', MECHANISM_NOT_OFFERED",
        "protocol of server is 'PLAINTEXT' while protocol of client is 'PLAIN', SASL_NOT_OFFERED",
        "the moon is in the wrong phase, OTHER"
    })
    void shouldKeepWhatTheServerSaysOfALogin(final String text, final Reason reason) throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> request.refuse(46, text));
                RpcClient client = client(CREDENTIALS)) {
            assertThatThrownBy(() -> client.connection(server.node(), in(10_000)))
                    .isInstanceOfSatisfying(
                            AuthenticationException.class,
                            e -> assertThat(e.reason()).isEqualTo(reason))
                    .hasMessageContaining(server.node().toString())
                    .hasMessageContaining(text)
                    .hasMessageNotContaining("lace");
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void shouldNotWaitLongForAnAnswerToALogin() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> {});
                RpcClient client = client(CREDENTIALS)) {
            final long startNs = System.nanoTime();
            assertThatThrownBy(() -> client.connection(server.node(), in(200))).isInstanceOf(RpcException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void shouldTakeForPassingThatCredentialsCannotBeChecked() throws Exception {
        final AtomicInteger attempts = new AtomicInteger();
        final Consumer<Request> busy = request -> {
            attempts.incrementAndGet();
            request.refuse(51, "the directory is away");
        };
        try (ScriptedServer server = new ScriptedServer(busy);
                RpcClient client = client(CREDENTIALS)) {
            assertThatThrownBy(() -> client.connection(server.node(), in(600)))
                    .isInstanceOfSatisfying(
                            RpcException.class, e -> assertThat(e.isRetriable()).isTrue());
            assertThat(attempts).hasValueGreaterThan(1);
        }
    }

    @Test
    void shouldMakeTheRightExceptionOfEveryCodeOfTheOfficialTable() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                RpcClient client = client(null)) {
            for (final Errors theirs : Errors.values()) {
                if (theirs != Errors.NONE) {
                    server.script(request -> request.refuse(theirs.code(), "as it is"));
                    final Throwable thrown = catchThrowable(() -> call(client, server, Api.DATABASE_EXISTS, REQUEST));
                    final Throwable told = thrown instanceof UnsupportedOperationException ? thrown.getCause() : thrown;
                    assertThat(told)
                            .isInstanceOfSatisfying(FlussApiException.class, e -> {
                                assertThat(e.code()).isEqualTo(theirs.code());
                                assertThat(e.error().name()).isEqualTo(theirs.name());
                                assertThat(e.isRetriable()).isEqualTo(theirs.exception() instanceof RetriableException);
                            })
                            .hasMessageContaining("as it is")
                            .hasMessageContaining(server.node().toString());
                    assertThat(thrown instanceof UnsupportedOperationException)
                            .isEqualTo(theirs == Errors.UNSUPPORTED_VERSION);
                    assertThat(thrown instanceof AuthenticationException)
                            .isEqualTo(theirs == Errors.AUTHENTICATE_EXCEPTION);
                }
            }
        }
    }

    @Test
    void shouldNameTheSubjectOfWhatIsRefusedAndKeepUnknownCodes() throws Exception {
        final MessageLite partition =
                PartitionMessages.create(TablePath.of("market", "ticks"), PartitionSpec.of(Map.of("day", "1")), false);
        final MessageLite database = CreateDatabaseRequest.newBuilder()
                .setDatabaseName("market")
                .setIgnoreIfExists(false)
                .build();
        try (ScriptedServer server = new ScriptedServer(request -> request.refuse(4_711, null));
                RpcClient client = client(null)) {
            assertThatThrownBy(() -> call(client, server, Api.CREATE_PARTITION, partition))
                    .isInstanceOfSatisfying(
                            FlussApiException.class, e -> assertThat(e.code()).isEqualTo(4_711))
                    .hasMessageContaining("UNKNOWN_ERROR_CODE (4711): CREATE_PARTITION for partition day=1 of table"
                            + " market.ticks on " + server.node());
            assertThatThrownBy(() -> call(client, server, Api.CREATE_DATABASE, database))
                    .hasMessageContaining("CREATE_DATABASE for database market on " + server.node());
        }
    }

    private static void call(
            final RpcClient client, final ScriptedServer server, final Api api, final MessageLite request) {
        client.call(server.node(), api, request, CreatePartitionResponse.parser(), in(10_000));
    }

    private static RpcClient client(final @Nullable Credentials credentials) {
        return new RpcClient(
                new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(30), 1 << 20, credentials));
    }

    private static long in(final long millis) {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private static PbApiVersion version(final int key, final int min, final int max) {
        return PbApiVersion.newBuilder()
                .setApiKey(key)
                .setMinVersion(min)
                .setMaxVersion(max)
                .build();
    }
}
