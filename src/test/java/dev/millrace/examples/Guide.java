package dev.millrace.examples;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/**
 * What the samples of the guide stand on: a connection, and a database for their tables. The documents quote what lies
 * between {@code // sample: name} and {@code // end}.
 */
@WithCluster
@Timeout(60)
abstract class Guide {
    final String servers;
    final String database;
    final FlussConnection connection;

    Guide(FlussCluster cluster, Database database) {
        this.servers = cluster.bootstrapServers();
        this.database = database.name();
        this.connection = FlussConnection.connect(
                Config.builder().bootstrapServers(servers).build());
    }

    @AfterEach
    void close() {
        connection.close();
    }

    FlussTable create(String name, TableDescriptor descriptor) {
        TablePath path = TablePath.of(database, name);
        connection.getAdmin().createTable(path, descriptor);
        return connection.getTable(path);
    }
}
