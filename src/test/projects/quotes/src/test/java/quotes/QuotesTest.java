package quotes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.WithCluster;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

// sample: kit
@WithCluster
@ExtendWith(LeakCheck.class)
class QuotesTest {
    @Test
    void shouldKeepTheLastPrice(FlussCluster cluster, Database database) {
        try (Quotes quotes = new Quotes(cluster.bootstrapServers(), database.name())) {
            quotes.put("ACME", 41.5);
            quotes.put("ACME", 42.25);
            assertEquals(OptionalDouble.of(42.25), quotes.price("ACME"));
            assertEquals(OptionalDouble.empty(), quotes.price("NONE"));
        }
    }
}
// end
