package dev.millrace.lookup;

import dev.millrace.FlussConnection;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.table.FlussTable;
import dev.millrace.types.DataTypes;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.row.BinaryString;

/** Tables of orders: made by our client, written by the official one. */
final class LookupTable {
    private LookupTable() {}

    /** Customer and number are the key, the text is not. */
    static Schema.Builder orders() {
        return Schema.builder()
                .column("customer", DataTypes.STRING().copy(false))
                .column("number", DataTypes.BIGINT().copy(false))
                .column("text", DataTypes.STRING())
                .primaryKey("customer", "number");
    }

    static FlussTable create(
            final FlussConnection connection,
            final TablePath path,
            final Schema schema,
            final UnaryOperator<TableDescriptor.Builder> more) {
        connection
                .getAdmin()
                .createTable(
                        path,
                        more.apply(TableDescriptor.builder().schema(schema)).build(),
                        false);
        return connection.getTable(path);
    }

    /** Upserts rows of values as the official client takes them, but for text, which may be a string. */
    @SuppressWarnings("try") // the official client's close() throws Exception
    static void upsert(final OfficialConnection official, final TablePath path, final List<List<Object>> rows)
            throws Exception {
        try (Table table = official.table(path)) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            rows.forEach(row -> writer.upsert(official(row)));
            writer.flush();
        }
    }

    @SuppressWarnings("try") // the official client's close() throws Exception
    static void delete(final OfficialConnection official, final TablePath path, final List<List<Object>> rows)
            throws Exception {
        try (Table table = official.table(path)) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            rows.forEach(row -> writer.delete(official(row)));
            writer.flush();
        }
    }

    private static org.apache.fluss.row.GenericRow official(final List<Object> values) {
        return org.apache.fluss.row.GenericRow.of(values.stream()
                .map(value -> value instanceof String text ? BinaryString.fromString(text) : value)
                .toArray());
    }

    static InternalRow key(final Object... values) {
        return GenericRow.fromData(values);
    }

    /** What a result says of its one row; empty if it has none. */
    static String text(final LookupResult result) {
        return result.getSingleRow().map(Object::toString).orElse("");
    }

    static List<String> texts(final LookupResult result) {
        return result.getRows().stream().map(Object::toString).toList();
    }
}
