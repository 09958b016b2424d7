package dev.millrace.testkit;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.metadata.SchemaInfo;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.server.coordinator.CoordinatorServer;
import org.apache.fluss.server.coordinator.event.AccessContextEvent;
import org.apache.fluss.server.coordinator.event.CoordinatorEventManager;
import org.apache.fluss.server.coordinator.event.CreateTableEvent;
import org.apache.fluss.server.zk.ZooKeeperClient;
import org.apache.fluss.server.zk.ZooKeeperUtils;
import org.apache.fluss.server.zk.data.TableAssignment;
import org.apache.fluss.server.zk.data.TableRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a coordinator of tables that it has missed. Fluss 0.9.1 makes a table's ZooKeeper node first and fills it a few
 * milliseconds later, and its coordinator takes only the change for a new table. On a busy machine it may see the node for
 * the first time when it is filled already: then the table, though created, gets no leaders until the coordinator
 * restarts. One table in some hundreds is enough to spoil a test run.
 *
 * <p>Lives in the coordinator's JVM, on a thread of its own that looks once a second. What it hands over is what the
 * coordinator would have made itself, which ignores it if it knows the table by now.
 */
final class MissedTables implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MissedTables.class);
    private static final long INTERVAL_MILLIS = 1_000;
    private static final long ANSWER_SECONDS = 10;

    private final CoordinatorEventManager events;
    private final ZooKeeperClient zooKeeper;
    private final Thread thread = new Thread(this::run, "missed-tables");

    MissedTables(CoordinatorServer coordinator, Configuration configuration) {
        events = coordinator.getCoordinatorEventProcessor().getCoordinatorEventManager();
        zooKeeper = ZooKeeperUtils.startZookeeperClient(configuration, coordinator);
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        Set<TablePath> missingBefore = Set.of();
        try {
            while (true) {
                Thread.sleep(INTERVAL_MILLIS);
                missingBefore = look(missingBefore);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    /** Hands over what is missing for the second time; returns what is missing. */
    private Set<TablePath> look(Set<TablePath> missingBefore) throws InterruptedException {
        Set<TablePath> missing = new HashSet<>();
        try {
            for (String database : zooKeeper.listDatabases()) {
                zooKeeper.listTables(database).forEach(table -> missing.add(TablePath.of(database, table)));
            }
            missing.removeAll(knownTables());
            for (TablePath path : missing) {
                if (missingBefore.contains(path)) {
                    LOG.warn("The coordinator has missed the table {}; telling it", path);
                    handOver(path);
                }
            }
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            LOG.warn("Could not look for missed tables; the next look may", e);
        }
        return missing;
    }

    private Collection<TablePath> knownTables() throws Exception {
        AccessContextEvent<Set<TablePath>> question = new AccessContextEvent<>(
                context -> Set.copyOf(context.allTables().values()));
        events.put(question);
        return question.getResultFuture().get(ANSWER_SECONDS, TimeUnit.SECONDS);
    }

    private void handOver(TablePath path) throws Exception {
        TableRegistration table = zooKeeper.getTable(path).orElse(null);
        if (table == null) {
            return; // dropped meanwhile
        }
        SchemaInfo schema = zooKeeper
                .getSchemaById(path, zooKeeper.getCurrentSchemaId(path))
                .orElseThrow();
        TableAssignment assignment = table.partitionKeys.isEmpty()
                ? zooKeeper.getTableAssignment(table.tableId).orElseThrow()
                : TableAssignment.builder().build();
        events.put(new CreateTableEvent(table.toTableInfo(path, schema), assignment));
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        zooKeeper.close();
    }
}
