package dev.millrace.error;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.DeliveryTimeoutException.Outcome;
import dev.millrace.metadata.TableBucket;
import java.util.List;
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
    void shouldKeepTheRangeWhenToldAgain() {
        final TableBucket bucket = TableBucket.of(7, 8L, 2);
        final OffsetOutOfRangeException first = new OffsetOutOfRangeException(bucket, 5, 10, 20, "market.ticks");
        final OffsetOutOfRangeException again = first.again("elsewhere");

        assertThat(first).hasMessage("LOG_OFFSET_OUT_OF_RANGE_EXCEPTION (19): market.ticks");
        assertThat(again).hasMessage("elsewhere").hasCause(first);
        assertThat(List.of(first, again)).allSatisfy(exception -> {
            assertThat(exception.error()).isEqualTo(FlussError.LOG_OFFSET_OUT_OF_RANGE_EXCEPTION);
            assertThat(exception.isRetriable()).isFalse();
            assertThat(exception.bucket()).isEqualTo(bucket);
            assertThat(exception.offset()).isEqualTo(5);
            assertThat(exception.earliestOffset()).isEqualTo(10);
            assertThat(exception.latestOffset()).isEqualTo(20);
        });
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
