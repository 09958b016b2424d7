package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lookup.LookupResult;
import dev.millrace.lookup.Lookuper;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecord;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.UpsertWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The samples of the chapter on tables with a primary key. */
class PrimaryKeyTablesTest extends Guide {
    PrimaryKeyTablesTest(FlussCluster cluster, Database database) {
        super(cluster, database);
    }

    private FlussTable orders(String name) {
        // sample: create
        Schema schema = Schema.builder()
                .column("customer", DataTypes.BIGINT())
                .column("order_id", DataTypes.BIGINT())
                .column("state", DataTypes.STRING())
                .column("amount", DataTypes.INT())
                .primaryKey("customer", "order_id")
                .build();
        TableDescriptor descriptor = TableDescriptor.builder()
                .schema(schema)
                .distributedBy(1, "customer")
                .build();
        // end
        return create(name, descriptor);
    }

    @Test
    void shouldUpsertAndDelete() {
        FlussTable table = orders("changed");
        // sample: upsert
        try (UpsertWriter writer = table.newUpsert().createWriter()) {
            writer.upsert(GenericRow.fromData(7L, 1L, "new", 30));
            writer.upsert(GenericRow.fromData(7L, 1L, "paid", 30));
            writer.upsert(GenericRow.fromData(7L, 2L, "new", 5));
            writer.delete(GenericRow.fromData(7L, 2L, null, null));
            writer.flush();
        }
        // end
        // sample: partial
        UpsertWriter states = table.newUpsert()
                .partialUpdateWithColumnNames(List.of("customer", "order_id", "state"))
                .createWriter();
        states.upsert(GenericRow.fromData(7L, 1L, "sent", null)).await();
        states.close();
        // end
        List<String> changes = new ArrayList<>();
        // sample: changes
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            while (changes.size() < 7) {
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
                    for (ScanRecord record : records) {
                        changes.add(record.changeType().shortString() + " "
                                + record.row().getString(2));
                    }
                }
            }
        }
        // end
        assertThat(changes).containsExactly("+I new", "-U new", "+U paid", "+I new", "-D new", "-U paid", "+U sent");
        assertThat(lookUp(table, 7, 1).map(row -> row.getInt(3))).contains(30);
    }

    @Test
    void shouldLookUp() {
        FlussTable table = orders("looked");
        try (UpsertWriter writer = table.newUpsert().createWriter()) {
            writer.upsert(GenericRow.fromData(7L, 1L, "new", 30));
            writer.upsert(GenericRow.fromData(7L, 2L, "paid", 5));
            writer.upsert(GenericRow.fromData(8L, 1L, "paid", 6));
        }
        // sample: lookup
        Lookuper lookuper = table.newLookup().createLookuper();
        GenericRow key = new GenericRow(2);
        key.setLong(0, 7);
        key.setLong(1, 2);
        Optional<InternalRow> order = lookuper.lookup(key).getSingleRow();
        // end
        assertThat(order.map(row -> row.getString(2))).contains("paid");
        // sample: lookupAll
        List<GenericRow> keys =
                List.of(GenericRow.fromData(7L, 1L), GenericRow.fromData(7L, 9L), GenericRow.fromData(8L, 1L));
        List<LookupResult> results = lookuper.lookupAll(keys);
        // end
        assertThat(results.stream().map(LookupResult::rowCount)).containsExactly(1, 0, 1);
        int total = 0;
        // sample: prefix
        Lookuper ofCustomer = table.newLookup().lookupBy("customer").createLookuper();
        for (InternalRow row : ofCustomer.lookup(GenericRow.fromData(7L)).getRows()) {
            total += row.getInt(3);
        }
        // end
        assertThat(total).isEqualTo(35);
        long amount = 0;
        // sample: reuse
        LookupResult result = lookuper.newResult();
        for (long orderId = 1; orderId <= 2; orderId++) {
            key.setLong(1, orderId);
            amount += lookuper.lookup(key, result).getSingleRow().orElseThrow().getInt(3);
        }
        // end
        assertThat(amount).isEqualTo(35);
    }

    private static Optional<InternalRow> lookUp(FlussTable table, long customer, long order) {
        return table.newLookup()
                .createLookuper()
                .lookup(GenericRow.fromData(customer, order))
                .getSingleRow();
    }
}
