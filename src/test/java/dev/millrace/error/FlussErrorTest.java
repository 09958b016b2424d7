package dev.millrace.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.apache.fluss.exception.ApiException;
import org.apache.fluss.exception.InvalidMetadataException;
import org.apache.fluss.exception.RetriableException;
import org.apache.fluss.rpc.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlussErrorTest {
    private static final int LAST_CODE_OF_0_9_1 = 63;

    @ParameterizedTest
    @EnumSource(Errors.class)
    void shouldAgreeWithTheServerOnEveryCode(final Errors theirs) {
        final FlussError ours = FlussError.forCode(theirs.code());
        final ApiException exception = theirs.exception();

        assertThat(ours.code()).isEqualTo(theirs.code());
        assertThat(ours.name()).isEqualTo(theirs.name());
        assertThat(ours.isRetriable()).isEqualTo(exception instanceof RetriableException);
        assertThat(ours.isInvalidMetadata()).isEqualTo(exception instanceof InvalidMetadataException);
    }

    @Test
    void shouldKnowNoCodeOf091ThatTheServerDoesNot() {
        final long ours = Arrays.stream(FlussError.values())
                .filter(error -> error.code() <= LAST_CODE_OF_0_9_1)
                .count();

        assertThat(ours).isEqualTo(Errors.values().length);
    }

    /** Those of the server's main branch, which no released server can be asked for. */
    @ParameterizedTest
    @CsvSource({
        "64, CONFIG_EXCEPTION, false",
        "65, NOT_COORDINATOR_LEADER_EXCEPTION, false",
        "66, SCANNER_EXPIRED, false",
        "67, UNKNOWN_SCANNER_ID, false",
        "68, INVALID_SCAN_REQUEST, false",
        "69, TOO_MANY_SCANNERS, false",
        "70, DISK_WRITE_LOCKED, true",
        "71, INSUFFICIENT_KV_LEADER_REPLICA_CAPACITY, false",
        "72, STORAGE_BACKPRESSURE_EXCEPTION, true",
        "73, HISTORICAL_PARTITION_THROTTLED, true"
    })
    void shouldKnowTheCodesOfLaterServers(final int code, final FlussError error, final boolean isRetriable) {
        assertThat(FlussError.forCode(code)).isSameAs(error);
        assertThat(error.isRetriable()).isEqualTo(isRetriable);
        assertThat(error.isInvalidMetadata()).isFalse();
    }

    @Test
    void shouldFindEveryConstantByItsCode() {
        assertThat(FlussError.values())
                .allSatisfy(
                        error -> assertThat(FlussError.forCode(error.code())).isSameAs(error));
    }

    @Test
    void shouldCountErrorsOfStaleMetadataAsRetriable() {
        assertThat(FlussError.values())
                .filteredOn(FlussError::isInvalidMetadata)
                .hasSize(4)
                .allMatch(FlussError::isRetriable);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -2, 74, 10_000, Integer.MAX_VALUE})
    void shouldMapCodesItDoesNotKnowToUnknown(final int code) {
        assertThat(FlussError.forCode(code)).isEqualTo(FlussError.UNKNOWN_SERVER_ERROR);
    }
}
