package dev.millrace.metadata;

import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Makes schemas and descriptors of all shapes, the same ones for the same seed. */
final class RandomMetadata {
    private static final int MAX_DEPTH = 3;
    private static final List<String> TEXTS = List.of(
            "plain", "with 'quotes' and \"more\"", "h\u00e9llo \ud83d\ude00", "tab\there", "back\\slash `tick`", "");

    private final Random random;

    RandomMetadata(final long seed) {
        random = new Random(seed);
    }

    Schema schema() {
        return schema(random.nextBoolean());
    }

    private Schema schema(final boolean withPrimaryKey) {
        final Schema.Builder builder = Schema.builder();
        final List<String> keys = new ArrayList<>();
        final int keyCount = withPrimaryKey ? 1 + random.nextInt(3) : 0;
        for (int i = 0; i < keyCount; i++) {
            keys.add("k" + i);
            builder.column("k" + i, keyType(), comment());
        }
        final int valueCount = (withPrimaryKey ? 0 : 1) + random.nextInt(8);
        for (int i = 0; i < valueCount; i++) {
            builder.column("v " + i, dataType(0), comment(), withPrimaryKey ? aggFunction() : null);
        }
        if (withPrimaryKey) {
            builder.primaryKey(keys);
            if (random.nextInt(4) == 0) {
                builder.column("auto", random.nextBoolean() ? DataTypes.INT() : DataTypes.BIGINT());
                builder.autoIncrement("auto");
            }
        }
        return builder.build();
    }

    TableDescriptor table() {
        final Schema schema = schema();
        final List<String> keys =
                schema.primaryKey().map(Schema.PrimaryKey::columnNames).orElse(List.of());
        final TableDescriptor.Builder builder =
                TableDescriptor.builder().schema(schema).comment(comment());
        final boolean isPartitioned = keys.size() > 1 && random.nextBoolean();
        if (isPartitioned) {
            builder.partitionedBy(keys.getFirst());
        }
        switch (random.nextInt(4)) {
            case 0 -> builder.distributedBy(1 + random.nextInt(100));
            case 1 -> builder.distributedBy(1 + random.nextInt(100), bucketKeys(keys));
            case 2 -> builder.distributedBy(bucketKeys(keys));
            default -> {
                // The server decides.
            }
        }
        if (random.nextBoolean()) {
            builder.logFormat(pick(List.of(LogFormat.values())));
        }
        if (random.nextBoolean()) {
            builder.kvFormat(pick(List.of(KvFormat.values())));
        }
        if (random.nextBoolean()) {
            builder.property("table.log.arrow.compression.type", "zstd");
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            builder.customProperty("custom" + i, pick(TEXTS));
        }
        return builder.build();
    }

    private List<String> bucketKeys(final List<String> keys) {
        return keys.isEmpty() ? List.of() : List.of(keys.getLast());
    }

    DatabaseDescriptor database() {
        final DatabaseDescriptor.Builder builder = DatabaseDescriptor.builder().comment(comment());
        for (int i = random.nextInt(3); i > 0; i--) {
            builder.customProperty("custom" + i, pick(TEXTS));
        }
        return builder.build();
    }

    private @Nullable String comment() {
        return random.nextBoolean() ? pick(TEXTS) : null;
    }

    private @Nullable AggFunction aggFunction() {
        return switch (random.nextInt(6)) {
            case 0 ->
                pick(List.of(
                        AggFunction.sum(),
                        AggFunction.product(),
                        AggFunction.max(),
                        AggFunction.min(),
                        AggFunction.lastValue(),
                        AggFunction.lastValueIgnoreNulls(),
                        AggFunction.firstValue(),
                        AggFunction.firstValueIgnoreNulls(),
                        AggFunction.listagg(),
                        AggFunction.stringAgg(),
                        AggFunction.boolAnd(),
                        AggFunction.boolOr(),
                        AggFunction.rbm32(),
                        AggFunction.rbm64()));
            case 1 -> AggFunction.listagg("; ");
            case 2 -> AggFunction.stringAgg("|");
            default -> null;
        };
    }

    private DataType keyType() {
        return pick(List.of(DataTypes.INT(), DataTypes.BIGINT().copy(false), DataTypes.STRING(), DataTypes.DATE()));
    }

    private DataType dataType(final int depth) {
        final DataType dataType = switch (random.nextInt(depth < MAX_DEPTH ? 19 : 16)) {
            case 0 -> DataTypes.BOOLEAN();
            case 1 -> DataTypes.TINYINT();
            case 2 -> DataTypes.SMALLINT();
            case 3 -> DataTypes.INT();
            case 4 -> DataTypes.BIGINT();
            case 5 -> DataTypes.FLOAT();
            case 6 -> DataTypes.DOUBLE();
            case 7 -> DataTypes.CHAR(1 + random.nextInt(1000));
            case 8 -> DataTypes.STRING();
            case 9 -> DataTypes.BINARY(1 + random.nextInt(1000));
            case 10 -> DataTypes.BYTES();
            case 11 -> decimalType();
            case 12 -> DataTypes.DATE();
            case 13 -> DataTypes.TIME(random.nextInt(10));
            case 14 -> DataTypes.TIMESTAMP(random.nextInt(10));
            case 15 -> DataTypes.TIMESTAMP_LTZ(random.nextInt(10));
            case 16 -> DataTypes.ARRAY(dataType(depth + 1));
            case 17 -> DataTypes.MAP(dataType(depth + 1), dataType(depth + 1));
            default -> DataTypes.ROW(fields(depth + 1));
        };
        return dataType.copy(random.nextInt(3) > 0);
    }

    private DataType decimalType() {
        final int precision = 1 + random.nextInt(38);
        return DataTypes.DECIMAL(precision, random.nextInt(precision + 1));
    }

    private List<DataField> fields(final int depth) {
        final List<DataField> fields = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            fields.add(new DataField("f`" + i, dataType(depth), comment()));
        }
        return fields;
    }

    private <T> T pick(final List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
