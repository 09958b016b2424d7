package dev.millrace.scan;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.testkit.Later;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.TableDescriptor;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.types.RowType;

/** The official client as the source of data. */
@SuppressWarnings("try") // its close() throws Exception
final class OfficialClient implements AutoCloseable {
    static final int PATIENCE_SECONDS = 20;

    private final String bootstrapServers;
    private final Connection connection;

    OfficialClient(final String bootstrapServers) {
        this(bootstrapServers, "20 ms");
    }

    /** @param batchTimeout how long rows may gather; a flush does not end that early, so each may take so long. */
    OfficialClient(final String bootstrapServers, final String batchTimeout) {
        final Configuration configuration = new Configuration();
        configuration.setString(ConfigOptions.BOOTSTRAP_SERVERS.key(), bootstrapServers);
        configuration.setString(ConfigOptions.CLIENT_WRITER_BATCH_TIMEOUT.key(), batchTimeout);
        configuration.setString(ConfigOptions.CLIENT_WRITER_BUCKET_NO_KEY_ASSIGNER.key(), "ROUND_ROBIN");
        connection = ConnectionFactory.createConnection(configuration);
        this.bootstrapServers = bootstrapServers;
    }

    OfficialTable createTable(
            final String database,
            final String name,
            final RowType type,
            final int buckets,
            final Map<String, String> properties)
            throws Exception {
        final TablePath path = TablePath.of(database, name);
        final TableDescriptor descriptor = TableDescriptor.builder()
                .schema(Schema.newBuilder().fromRowType(type).build())
                .distributedBy(buckets)
                .properties(properties)
                .build();
        connection.getAdmin().createTable(path, descriptor, false).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        awaitLeaders(dev.millrace.metadata.TablePath.of(database, name), buckets);
        return new OfficialTable(connection.getAdmin(), connection.getTable(path), buckets);
    }

    /** The official writer passes over buckets that have no leader yet, and tests want rows in all of them. */
    private void awaitLeaders(final dev.millrace.metadata.TablePath path, final int buckets) {
        final Config config =
                Config.builder().bootstrapServers(bootstrapServers).build();
        try (FlussConnection ours = FlussConnection.connect(config)) {
            ours.getAdmin()
                    .listOffsets(path, IntStream.range(0, buckets).boxed().toList(), OffsetSpec.latest());
        }
    }

    Connection connection() {
        return connection;
    }

    @Override
    public void close() {
        Later.close(connection);
    }
}
