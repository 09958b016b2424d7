package dev.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.FlussError;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableChange;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import java.util.List;
import java.util.Map;
import org.apache.fluss.metadata.TableChange.ColumnPosition;
import org.junit.jupiter.api.Test;

/** What we change of tables and count in them, beside the official client on the same cluster. */
class FlussAdminAlterTest extends BothAdmins {
    private static final String TIERED_SEGMENTS = "table.log.tiered.local-segments";

    @Test
    void shouldAddColumnsAsTheOfficialClientDoes() throws Exception {
        final TablePath ours = created("columns_ours", log());
        created("columns_theirs", log());
        admin.alterTable(
                ours,
                List.of(
                        TableChange.addColumn("price", DataTypes.DECIMAL(12, 4), "net, in \"€\""),
                        TableChange.addColumn(
                                "detail",
                                DataTypes.ROW(
                                        DataTypes.FIELD("at", DataTypes.TIMESTAMP_LTZ(3)),
                                        DataTypes.FIELD(
                                                "tags",
                                                DataTypes.MAP(DataTypes.STRING().copy(false), DataTypes.INT())),
                                        DataTypes.FIELD("raw", DataTypes.ARRAY(DataTypes.BINARY(4)))))));
        await(theirs.alterTable(
                theirPath("columns_theirs"),
                List.of(
                        org.apache.fluss.metadata.TableChange.addColumn(
                                "price",
                                org.apache.fluss.types.DataTypes.DECIMAL(12, 4),
                                "net, in \"€\"",
                                ColumnPosition.last()),
                        org.apache.fluss.metadata.TableChange.addColumn(
                                "detail",
                                org.apache.fluss.types.DataTypes.ROW(
                                        org.apache.fluss.types.DataTypes.FIELD(
                                                "at", org.apache.fluss.types.DataTypes.TIMESTAMP_LTZ(3)),
                                        org.apache.fluss.types.DataTypes.FIELD(
                                                "tags",
                                                org.apache.fluss.types.DataTypes.MAP(
                                                        org.apache.fluss.types.DataTypes.STRING()
                                                                .copy(false),
                                                        org.apache.fluss.types.DataTypes.INT())),
                                        org.apache.fluss.types.DataTypes.FIELD(
                                                "raw",
                                                org.apache.fluss.types.DataTypes.ARRAY(
                                                        org.apache.fluss.types.DataTypes.BINARY(4)))),
                                null,
                                ColumnPosition.last())),
                false));

        assertThat(admin.getTableSchema(ours).schemaId()).isEqualTo(2);
        assertThat(new String(admin.getTableSchema(ours).schema().toJsonBytes()))
                .isEqualTo(new String(await(theirs.getTableSchema(theirPath("columns_theirs")))
                        .getSchema()
                        .toJsonBytes()))
                .isEqualTo(new String(
                        admin.getTableSchema(path("columns_theirs")).schema().toJsonBytes()));
        assertThat(admin.getTableSchema(ours, 1).schema()).isEqualTo(log().schema());
        assertThat(admin.getTableInfo(ours).schema().columnNames()).containsExactly("n", "price", "detail");
    }

    @Test
    void shouldSetAndResetProperties() throws Exception {
        final TablePath path = created("properties", log());
        admin.alterTable(
                path,
                List.of(
                        TableChange.set(TIERED_SEGMENTS, "5"),
                        TableChange.set("team", "data"),
                        TableChange.set("owner", "x"),
                        TableChange.reset("never set")));
        assertThat(admin.getTableInfo(path).properties()).containsEntry(TIERED_SEGMENTS, "5");
        assertThat(admin.getTableInfo(path).customProperties()).isEqualTo(Map.of("team", "data", "owner", "x"));
        assertSameProperties("properties");

        admin.alterTable(path, List.of(TableChange.reset(TIERED_SEGMENTS), TableChange.reset("team")), false);
        assertThat(admin.getTableInfo(path).properties()).doesNotContainKey(TIERED_SEGMENTS);
        assertThat(admin.getTableInfo(path).customProperties()).isEqualTo(Map.of("owner", "x"));
        assertSameProperties("properties");
        assertThat(admin.getTableInfo(path).schemaId()).isEqualTo(1);
    }

    @Test
    void shouldRefuseChangesThatAreNotAllowed() {
        final TablePath path = created("refused", log());
        final List<TableChange> column = List.of(TableChange.addColumn("more", DataTypes.INT()));
        assertRefused(FlussError.TABLE_NOT_EXIST, () -> admin.alterTable(path("nothing"), column));
        admin.alterTable(path("nothing"), column, true);
        assertRefused(
                FlussError.TABLE_NOT_EXIST,
                () -> admin.alterTable(path("nothing"), List.of(TableChange.set("team", "data"))));
        assertRefused(
                FlussError.INVALID_ALTER_TABLE_EXCEPTION,
                () -> admin.alterTable(path, List.of(TableChange.addColumn("n", DataTypes.INT()))));
        assertRefused(
                FlussError.INVALID_ALTER_TABLE_EXCEPTION,
                () -> admin.alterTable(path, List.of(column.getFirst(), TableChange.set("team", "data"))));
        assertRefused(
                FlussError.INVALID_ALTER_TABLE_EXCEPTION,
                () -> admin.alterTable(path, List.of(TableChange.set("table.log.format", "INDEXED"))));
        assertRefused(
                FlussError.INVALID_ALTER_TABLE_EXCEPTION,
                () -> admin.alterTable(path, List.of(TableChange.set("table.no.such.option", "1"))));
        assertRefused(
                FlussError.INVALID_CONFIG_EXCEPTION,
                () -> admin.alterTable(path, List.of(TableChange.set(TIERED_SEGMENTS, "many"))));
        assertThatThrownBy(() -> TableChange.addColumn("more", DataTypes.INT().copy(false)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'more'")
                .hasMessageContaining("nullable");
        assertThat(admin.getTableInfo(path).schemaId()).isEqualTo(1);
        assertThat(admin.getTableInfo(path).customProperties()).isEmpty();
    }

    @Test
    void shouldCountTheRowsOfTables() throws Exception {
        final TablePath log = created("counted_log", log());
        assertThat(admin.getTableStats(log).rowCount()).isZero();
        final AppendWriter writer = connection.getTable(log).newAppend().createWriter();
        for (long n = 0; n < 50; n++) {
            writer.append(GenericRow.fromData(n));
        }
        writer.flush();
        assertThat(admin.getTableStats(log).rowCount())
                .isEqualTo(await(theirs.getTableStats(theirPath("counted_log"))).getRowCount())
                .isEqualTo(50);

        final TablePath keyed =
                created("counted_keyed", keyed().distributedBy(3, "id").build());
        final UpsertWriter upserts = connection.getTable(keyed).newUpsert().createWriter();
        for (long n = 0; n < 60; n++) {
            upserts.upsert(GenericRow.fromData(n % 20, "d1"));
        }
        upserts.delete(GenericRow.fromData(3L, "d1"));
        upserts.flush();
        assertThat(admin.getTableStats(keyed).rowCount())
                .isEqualTo(
                        await(theirs.getTableStats(theirPath("counted_keyed"))).getRowCount())
                .isEqualTo(19);
        assertRefused(FlussError.TABLE_NOT_EXIST, () -> admin.getTableStats(path("nothing")));
    }

    @Test
    void shouldCountTheRowsOfAllPartitions() throws Exception {
        final TablePath path = created(
                "counted_partitions",
                keyed().partitionedBy("day").distributedBy(2, "id").build());
        assertThat(admin.getTableStats(path).rowCount()).isZero();
        final UpsertWriter upserts = connection.getTable(path).newUpsert().createWriter();
        for (long n = 0; n < 30; n++) {
            upserts.upsert(GenericRow.fromData(n, "d" + n % 3));
        }
        upserts.flush();
        assertThat(admin.getTableStats(path).rowCount())
                .isEqualTo(await(theirs.getTableStats(theirPath("counted_partitions")))
                        .getRowCount())
                .isEqualTo(30);
        admin.dropPartition(path, PartitionSpec.of(Map.of("day", "d1")));
        assertThat(admin.getTableStats(path).rowCount()).isEqualTo(20);
    }

    @Test
    void shouldSayThatATableKeepsNoCount() {
        final TablePath path = created(
                "uncounted",
                keyed().distributedBy(1, "id")
                        .property("table.changelog.image", "wal")
                        .build());
        assertRefused(FlussError.INVALID_TABLE_EXCEPTION, () -> admin.getTableStats(path));
        assertThatThrownBy(() -> admin.getTableStats(path))
                .hasMessageContaining("bucket 0")
                .hasMessageContaining("uncounted");
    }

    private void assertSameProperties(final String table) throws Exception {
        final org.apache.fluss.metadata.TableInfo seen = await(theirs.getTableInfo(theirPath(table)));
        assertThat(admin.getTableInfo(path(table)).properties())
                .isEqualTo(seen.getProperties().toMap());
        assertThat(admin.getTableInfo(path(table)).customProperties())
                .isEqualTo(seen.getCustomProperties().toMap());
    }

    private TablePath created(final String table, final TableDescriptor descriptor) {
        admin.createTable(path(table), descriptor);
        return path(table);
    }

    private static TableDescriptor log() {
        return TableDescriptor.builder()
                .schema(Schema.builder().column("n", DataTypes.BIGINT()).build())
                .distributedBy(3)
                .build();
    }

    private static TableDescriptor.Builder keyed() {
        return TableDescriptor.builder()
                .schema(Schema.builder()
                        .column("id", DataTypes.BIGINT())
                        .column("day", DataTypes.STRING())
                        .primaryKey("id", "day")
                        .build());
    }
}
