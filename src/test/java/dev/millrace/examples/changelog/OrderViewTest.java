package dev.millrace.examples.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.write.UpsertWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@WithCluster
@Timeout(60)
class OrderViewTest {
    private static final int ORDERS = 300;
    private static final int CHANGES = 1_500;
    private static final int BUCKETS = 3;

    private final FlussCluster cluster;
    private final TablePath path;

    OrderViewTest(FlussCluster cluster, Database database) {
        this.cluster = cluster;
        this.path = TablePath.of(database.name(), "orders");
    }

    /** Changes orders at random and knows what they are after that. */
    private static final class Shop implements AutoCloseable {
        private final SplittableRandom random = new SplittableRandom(11);
        private final Map<Long, Order> orders = new HashMap<>();
        private final UpsertWriter whole;
        private final UpsertWriter status;

        Shop(FlussTable table) {
            whole = table.newUpsert().createWriter();
            status = table.newUpsert()
                    .partialUpdateWithColumnNames(List.of("id", "status"))
                    .createWriter();
        }

        void change(int times) {
            for (int i = 0; i < times; i++) {
                changeOne(i % 100 >= 80);
                if (i % 100 == 0) {
                    flush();
                }
            }
            flush();
        }

        /** @param ships whether to ship: in rounds, since each turn to other columns begins another batch. */
        private void changeOne(boolean ships) {
            long id = random.nextInt(ORDERS);
            Order before = orders.get(id);
            if (!ships && random.nextInt(5) == 0) {
                whole.delete(GenericRow.fromData(id, null, null, null));
                orders.remove(id);
            } else if (ships && before != null) {
                status.upsert(GenericRow.fromData(id, null, "shipped", null));
                orders.put(id, new Order(id, before.customer(), "shipped", before.cents()));
            } else {
                Order order = new Order(id, "C" + random.nextInt(20), Order.OPEN, random.nextInt(1, 10_000));
                whole.upsert(GenericRow.fromData(id, order.customer(), order.status(), order.cents()));
                orders.put(id, order);
            }
        }

        private void flush() {
            whole.flush();
            status.flush();
        }

        Map<String, Long> openCents() {
            return orders.values().stream()
                    .filter(order -> order.status().equals(Order.OPEN))
                    .collect(Collectors.groupingBy(Order::customer, Collectors.summingLong(Order::cents)));
        }

        @Override
        public void close() {
            whole.close();
            status.close();
        }
    }

    @Test
    void shouldKeepWhatTheTableHas() throws Exception {
        Config config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            TableDescriptor descriptor = TableDescriptor.builder()
                    .schema(Order.schema())
                    .distributedBy(BUCKETS)
                    .build();
            connection.getAdmin().createTable(path, descriptor, false);
            try (Shop shop = new Shop(connection.getTable(path));
                    OrderView fromTheBeginning = new OrderView(connection, path)) {
                shop.change(CHANGES);
                fromTheBeginning.catchUp();
                assertSame(fromTheBeginning, shop);

                try (OrderView later = madeWhileOrdersChange(connection, shop, fromTheBeginning)) {
                    fromTheBeginning.catchUp();
                    assertSame(fromTheBeginning, shop);
                    later.catchUp();
                    assertSame(later, shop);
                    assertThat(later.poll(Duration.ZERO)).isFalse();
                }
            }
            OrderView.main(new String[] {cluster.bootstrapServers(), path.database(), "0"});
        }
    }

    private OrderView madeWhileOrdersChange(FlussConnection connection, Shop shop, OrderView other) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> changing = threads.submit(() -> shop.change(CHANGES));
            assertThat(other.poll(Duration.ofSeconds(30))).isTrue();
            OrderView view = new OrderView(connection, path);
            while (!changing.isDone()) {
                view.poll(Duration.ofMillis(10));
                other.poll(Duration.ofMillis(10));
            }
            changing.get();
            return view;
        }
    }

    private static void assertSame(OrderView view, Shop shop) {
        assertThat(view.orders()).isEqualTo(shop.orders);
        assertThat(view.openCents()).isEqualTo(shop.openCents());
    }
}
