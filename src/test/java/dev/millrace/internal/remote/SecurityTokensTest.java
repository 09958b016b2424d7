package dev.millrace.internal.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.proto.GetFileSystemSecurityTokenResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class SecurityTokensTest {
    private static final Instant START = Instant.parse("2026-11-26T12:00:00Z");

    private final SettableClock clock = new SettableClock();
    private final SecurityTokens tokens = new SecurityTokens(this::answer, clock);
    private Duration life = Duration.ofMinutes(40);
    private boolean isAway;
    private String json = "{\"version\":1,\"access_key_id\":\"key\",\"access_key_secret\":\"secret\"}";
    private int asked;

    private GetFileSystemSecurityTokenResponse answer() {
        asked++;
        if (isAway) {
            throw new RpcException("nobody there");
        }
        return GetFileSystemSecurityTokenResponse.newBuilder()
                .setSchema("s3")
                .setToken(ByteString.copyFromUtf8(json))
                .setExpirationTime(clock.instant().plus(life).toEpochMilli())
                .build();
    }

    @Test
    void shouldRenewAfterThreeQuartersOfTheTime() throws Exception {
        tokens.current();
        clock.set(Duration.ofMinutes(29));
        tokens.current();
        assertThat(asked).isEqualTo(1);
        clock.set(Duration.ofMinutes(31));
        tokens.current();
        tokens.current();
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void shouldUseTheOldWhileItIsValidIfThereIsNoOther() throws Exception {
        final SecurityToken first = tokens.current();
        isAway = true;
        clock.set(Duration.ofMinutes(31));
        assertThat(tokens.current()).isEqualTo(first);
        assertThat(tokens.current()).isEqualTo(first);
        assertThat(asked).as("not with every read").isEqualTo(2);
        clock.set(Duration.ofMinutes(33));
        tokens.current();
        assertThat(asked).isEqualTo(3);
        clock.set(Duration.ofMinutes(41));
        assertThatThrownBy(tokens::current).isInstanceOf(FlussException.class);
        isAway = false;
        assertThat(tokens.current().expiresAtMs()).isGreaterThan(first.expiresAtMs());
    }

    @Test
    void shouldAskAgainAfterARefusalOfTheSame() throws Exception {
        final SecurityToken first = tokens.current();
        life = Duration.ofMinutes(50);
        tokens.refused(first);
        final SecurityToken second = tokens.current();
        assertThat(second).isNotEqualTo(first);
        tokens.refused(first);
        assertThat(tokens.current()).isEqualTo(second);
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void shouldKeepSecretsToItself() throws Exception {
        assertThat(tokens.current()).asString().contains("key").doesNotContain("=secret");
        json = "{\"access_key_secret\":\"hush\"";
        clock.set(Duration.ofMinutes(50));
        assertThatThrownBy(tokens::current)
                .isInstanceOf(CorruptDataException.class)
                .hasNoCause()
                .hasMessageNotContaining("hush");
    }

    @Test
    void shouldCopeWithStorageWithoutCredentials() throws Exception {
        json = "";
        assertThat(tokens.current().hasKeys()).isFalse();
    }

    private static final class SettableClock extends Clock {
        private Instant now = START;

        void set(final Duration sinceStart) {
            now = START.plus(sinceStart);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(final ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }
}
