package dev.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.types.DataTypes;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableDescriptorTest {
    private static final Schema LOG = Schema.builder()
            .column("a", DataTypes.INT())
            .column("day", DataTypes.STRING())
            .column("m", DataTypes.MAP(DataTypes.INT(), DataTypes.INT()))
            .build();
    private static final Schema KEYED = Schema.builder()
            .column("a", DataTypes.INT())
            .column("b", DataTypes.INT())
            .column("day", DataTypes.STRING())
            .column("v", DataTypes.STRING())
            .primaryKey("day", "b", "a")
            .build();

    @Test
    void shouldWriteTheSmallestTable() {
        final TableDescriptor table = TableDescriptor.builder()
                .schema(Schema.builder().column("a", DataTypes.INT()).build())
                .build();

        assertThat(new String(table.toJsonBytes(), StandardCharsets.UTF_8))
                .isEqualTo("{\"version\":1,\"schema\":{\"version\":1,\"columns\":[{\"name\":\"a\",\"data_type\":"
                        + "{\"type\":\"INTEGER\"},\"id\":0}],\"highest_field_id\":0},\"partition_key\":[],"
                        + "\"properties\":{},\"custom_properties\":{}}");
        assertThat(table.distribution()).isEmpty();
        assertThat(table.comment()).isEmpty();
        assertThat(table.hasPrimaryKey()).isFalse();
    }

    @Test
    void shouldDistributeByThePrimaryKeyWithoutPartitionKeys() {
        final TableDescriptor table = TableDescriptor.builder()
                .schema(KEYED)
                .partitionedBy("day")
                .distributedBy(3)
                .build();

        assertThat(table.bucketKeys()).containsExactly("b", "a");
        assertThat(table.distribution()).contains(new TableDescriptor.Distribution(3, List.of("b", "a")));
        assertThat(TableDescriptor.builder().schema(KEYED).build().bucketKeys()).containsExactly("day", "b", "a");
    }

    @Test
    void shouldStartFromAnotherDescriptor() {
        final TableDescriptor table = TableDescriptor.builder()
                .schema(KEYED)
                .comment("c")
                .partitionedBy("day")
                .distributedBy(3, "a")
                .logFormat(LogFormat.ARROW)
                .kvFormat(KvFormat.INDEXED)
                .customProperty("x", "y")
                .build();

        assertThat(TableDescriptor.builder(table).build()).isEqualTo(table).hasSameHashCodeAs(table);
        assertThat(TableDescriptor.builder(table).comment(null).build()).isNotEqualTo(table);
        assertThat(table.properties())
                .containsEntry("table.log.format", "ARROW")
                .containsEntry("table.kv.format", "INDEXED");
    }

    @Test
    void shouldRefuseKeysThatCannotBe() {
        assertRefused(TableDescriptor.builder(), "A table descriptor needs a schema");
        assertRefused(log().partitionedBy("x"), "Partition key column 'x' is not among the columns [a, day, m]");
        assertRefused(log().partitionedBy("day", "day"), "Partition key has the column 'day' twice");
        assertRefused(
                log().distributedBy(1, "m"),
                "Bucket key column 'm' cannot be of type MAP<INT NOT NULL, INT>: ARRAY, MAP and ROW are no keys");
        assertRefused(log().partitionedBy("day").distributedBy(1, "day"), "Bucket key column 'day' is a partition key");
        assertRefused(keyed().partitionedBy("v"), "Partition keys [v] must all be part of the primary key [day, b, a]");
        assertRefused(
                keyed().distributedBy(1, "v"), "Bucket key column 'v' is not part of the primary key [day, b, a]");
        assertRefused(
                keyed().partitionedBy("a", "b", "day"),
                "Primary key [day, b, a] needs a column that is no partition key: it is what rows are distributed by");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> log().distributedBy(0))
                .withMessage("Bucket count must be at least 1, not 0");
    }

    @Test
    void shouldTellWhatWritersAndScannersNeed() {
        final TableInfo info = info(keyed().partitionedBy("day")
                .distributedBy(3)
                .comment("c")
                .property("table.log.arrow.compression.type", "lz4_frame")
                .property("table.log.arrow.compression.zstd.level", "7"));

        assertThat(info.hasPrimaryKey()).isTrue();
        assertThat(info.primaryKeys()).containsExactly("day", "b", "a");
        assertThat(info.isPartitioned()).isTrue();
        assertThat(info.partitionKeys()).containsExactly("day");
        assertThat(info.bucketKeys()).containsExactly("b", "a");
        assertThat(info.numBuckets()).isEqualTo(3);
        assertThat(info.compressionType()).isEqualTo(CompressionType.LZ4_FRAME);
        assertThat(info.zstdLevel()).isEqualTo(7);
        assertThat(info.comment()).contains("c");
        assertThat(info.rowType().fieldCount()).isEqualTo(4);
    }

    @Test
    void shouldTakeTheDefaultsOfOptionsThatAreNotSet() {
        final TableInfo info = info(log().distributedBy(1));

        assertThat(info.logFormat()).isEqualTo(LogFormat.ARROW);
        assertThat(info.kvFormat()).isEqualTo(KvFormat.COMPACTED);
        assertThat(info.compressionType()).isEqualTo(CompressionType.ZSTD);
        assertThat(info.zstdLevel()).isEqualTo(3);
        assertThat(info.bucketKeys()).isEmpty();
    }

    @Test
    void shouldSayWhichOptionItDoesNotKnow() {
        final TableInfo info = info(log().distributedBy(1)
                .property("table.log.format", "parquet")
                .property("table.log.arrow.compression.zstd.level", "high"));

        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(info::logFormat)
                .withMessage("Table market.ticks has table.log.format=parquet,"
                        + " which should be one of [ARROW, INDEXED, COMPACTED]");
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(info::zstdLevel)
                .withMessageContaining("zstd.level=high, which should be a number from 1 to 22");
    }

    @Test
    void shouldNeedABucketCountFromTheServer() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> info(log()))
                .withMessage("The descriptor of market.ticks does not tell how many buckets it has");
    }

    private static TableInfo info(final TableDescriptor.Builder builder) {
        return new TableInfo(TablePath.of("market", "ticks"), 7, 1, builder.build(), Instant.EPOCH, Instant.EPOCH);
    }

    private static TableDescriptor.Builder log() {
        return TableDescriptor.builder().schema(LOG);
    }

    private static TableDescriptor.Builder keyed() {
        return TableDescriptor.builder().schema(KEYED);
    }

    private static void assertRefused(final TableDescriptor.Builder builder, final String message) {
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessage(message);
    }
}
