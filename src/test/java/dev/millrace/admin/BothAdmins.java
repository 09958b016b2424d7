package dev.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.Later;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.admin.Admin;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * Our administration and the official one on a cluster on which all can be tried: access is controlled, though everybody
 * without a name may do everything, and snapshots are frequent. Its classes share it.
 */
@WithCluster(
        tabletServers = 3,
        options = {
            "authorizer.enabled=true",
            "super.users=User:ANONYMOUS",
            "kv.snapshot.interval=300ms",
            "kv.snapshot.num-retained=1"
        })
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
abstract class BothAdmins {
    private Connection official;

    FlussConnection connection;
    FlussAdmin admin;
    Admin theirs;
    String database;

    @BeforeAll
    void connect(final FlussCluster cluster, final Database own) {
        connection = FlussConnection.connect(Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .requestTimeout(Duration.ofSeconds(20))
                .build());
        admin = connection.getAdmin();
        final Configuration configuration = new Configuration();
        configuration.setString(ConfigOptions.BOOTSTRAP_SERVERS.key(), cluster.bootstrapServers());
        official = ConnectionFactory.createConnection(configuration);
        theirs = official.getAdmin();
        database = own.name();
    }

    @AfterAll
    void disconnect() throws Exception {
        connection.close();
        theirs.close();
        Later.close(official);
    }

    TablePath path(final String table) {
        return TablePath.of(database, table);
    }

    org.apache.fluss.metadata.TablePath theirPath(final String table) {
        return org.apache.fluss.metadata.TablePath.of(database, table);
    }

    static <T> T await(final CompletableFuture<T> answer) throws Exception {
        return answer.get(20, TimeUnit.SECONDS);
    }

    /** Asks again and again until an answer is as it should be. */
    static <T> T eventually(final Callable<T> question, final Predicate<T> isRight) throws Exception {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        T answer = question.call();
        while (!isRight.test(answer)) {
            assertThat(System.nanoTime() - deadlineNs)
                    .as("in time; at last: %s", answer)
                    .isNegative();
            LockSupport.parkNanos(10_000_000);
            answer = question.call();
        }
        return answer;
    }

    static void assertRefused(final FlussError error, final ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(error));
    }
}
