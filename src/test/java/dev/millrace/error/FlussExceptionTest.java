package dev.millrace.error;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.DeliveryTimeoutException.Outcome;
import org.junit.jupiter.api.Test;

class FlussExceptionTest {
    @Test
    void shouldKeepACodeThatIsNotKnown() {
        final FlussApiException exception =
                new FlussApiException(FlussError.forCode(4711), 4711, "create table market.ticks");

        assertThat(exception.code()).isEqualTo(4711);
        assertThat(exception.error()).isEqualTo(FlussError.UNKNOWN_SERVER_ERROR);
        assertThat(exception).hasMessage("UNKNOWN_ERROR_CODE (4711): create table market.ticks");
    }

    @Test
    void shouldNameTheErrorOfAServer() {
        final FlussApiException exception =
                new FlussApiException(FlussError.TABLE_NOT_EXIST, "market.ticks at ts-1 (localhost:9124)");

        assertThat(exception).hasMessage("TABLE_NOT_EXIST (7): market.ticks at ts-1 (localhost:9124)");
        assertThat(exception.isRetriable()).isFalse();
        assertThat(new FlussApiException(FlussError.LEADER_NOT_AVAILABLE_EXCEPTION, "").isRetriable())
                .isTrue();
    }

    @Test
    void shouldAllowRepeatingOnlyWhatCannotDoHarm() {
        assertThat(new DeliveryTimeoutException("", Outcome.NOT_SENT).isRetriable())
                .isTrue();
        assertThat(new DeliveryTimeoutException("", Outcome.OUTCOME_UNKNOWN).isRetriable())
                .isFalse();
        assertThat(new RpcException("").isRetriable()).isTrue();
        assertThat(new BufferExhaustedException("").isRetriable()).isTrue();
        assertThat(new RemoteStorageException("").isRetriable()).isTrue();
        assertThat(new RowConversionException("").isRetriable()).isFalse();
        assertThat(new CorruptDataException("").isRetriable()).isFalse();
        assertThat(new FlussInterruptedException("").isRetriable()).isFalse();
    }
}
