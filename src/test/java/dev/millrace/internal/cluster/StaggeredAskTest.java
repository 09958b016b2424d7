package dev.millrace.internal.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.metadata.ServerNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class StaggeredAskTest {
    private static final List<ServerNode> SERVERS = BootstrapServers.parse("here:1,there:2");

    @Test
    void shouldTellOfErrorsInsteadOfWaitingForEver() {
        final List<RuntimeException> failures = new ArrayList<>();
        try (StaggeredAsk asking = new StaggeredAsk(server -> {
            throw new NoClassDefFoundError("of " + server.host());
        })) {
            assertThat(asking.firstAnswer(SERVERS, failures::add)).isNull();
        }
        assertThat(failures)
                .hasSize(2)
                .allSatisfy(failure -> assertThat(failure)
                        .isInstanceOf(IllegalStateException.class)
                        .hasCauseInstanceOf(NoClassDefFoundError.class));
    }
}
