package dev.millrace.examples.changelog;

import dev.millrace.metadata.Schema;
import dev.millrace.row.InternalRow;
import dev.millrace.types.DataTypes;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** A row of the table of orders. */
record Order(long id, String customer, String status, long cents) {
    static final String OPEN = "open";

    static Schema schema() {
        return Schema.builder()
                .column("id", DataTypes.BIGINT().copy(false))
                .column("customer", DataTypes.STRING())
                .column("status", DataTypes.STRING())
                .column("cents", DataTypes.BIGINT())
                .primaryKey("id")
                .build();
    }

    static Order of(InternalRow row) {
        return new Order(row.getLong(0), row.getString(1), row.getString(2), row.getLong(3));
    }

    static List<Order> of(VectorSchemaRoot root) {
        BigIntVector id = (BigIntVector) root.getVector("id");
        VarCharVector customer = (VarCharVector) root.getVector("customer");
        VarCharVector status = (VarCharVector) root.getVector("status");
        BigIntVector cents = (BigIntVector) root.getVector("cents");
        List<Order> orders = new ArrayList<>(root.getRowCount());
        for (int i = 0; i < root.getRowCount(); i++) {
            orders.add(new Order(
                    id.get(i),
                    customer.getObject(i).toString(),
                    status.getObject(i).toString(),
                    cents.get(i)));
        }
        return orders;
    }

    long openCents() {
        return status.equals(OPEN) ? cents : 0;
    }
}
