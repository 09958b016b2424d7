package dev.millrace.scan;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.TableDescriptor;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.types.RowType;

/** The official client as the source of data. One for a test class: it takes two seconds to close. */
@SuppressWarnings("try") // its close() throws Exception
final class OfficialClient implements AutoCloseable {
    static final int PATIENCE_SECONDS = 20;

    private final Connection connection;

    OfficialClient(final String bootstrapServers) {
        final Configuration configuration = new Configuration();
        configuration.setString(ConfigOptions.BOOTSTRAP_SERVERS.key(), bootstrapServers);
        configuration.setString(ConfigOptions.CLIENT_WRITER_BATCH_TIMEOUT.key(), "5 s");
        configuration.setString(ConfigOptions.CLIENT_WRITER_BUCKET_NO_KEY_ASSIGNER.key(), "ROUND_ROBIN");
        connection = ConnectionFactory.createConnection(configuration);
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
        return new OfficialTable(connection.getAdmin(), connection.getTable(path), buckets);
    }

    Connection connection() {
        return connection;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (Exception e) {
            throw new IllegalStateException("the official client did not close", e);
        }
    }
}
