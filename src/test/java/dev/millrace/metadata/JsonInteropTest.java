package dev.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.support.Cases;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.fluss.metadata.AggFunctionType;
import org.apache.fluss.metadata.AggFunctions;
import org.junit.jupiter.api.Test;

/** Our JSON against that of the official classes, both ways. */
class JsonInteropTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void shouldWriteSchemasThatTheOfficialClassesWriteBackAlike() {
        for (long seed = Cases.SEED; seed < Cases.SEED + Cases.COUNT / 20; seed++) {
            final Schema ours = new RandomMetadata(seed).schema();
            final byte[] json = ours.toJsonBytes();

            final byte[] back =
                    org.apache.fluss.metadata.Schema.fromJsonBytes(json).toJsonBytes();

            assertThat(text(back)).as("seed %d", seed).isEqualTo(text(json));
            assertThat(Schema.fromJsonBytes(back)).as("seed %d", seed).isEqualTo(ours);
        }
    }

    @Test
    void shouldBuildSchemasAsTheOfficialBuilderDoes() {
        for (long seed = Cases.SEED; seed < Cases.SEED + Cases.COUNT / 20; seed++) {
            final Schema ours = new RandomMetadata(seed).schema();

            final org.apache.fluss.metadata.Schema theirs = buildOfficially(ours);

            assertThat(text(ours.toJsonBytes())).as("seed %d", seed).isEqualTo(text(theirs.toJsonBytes()));
            assertThat(Schema.fromJsonBytes(theirs.toJsonBytes()))
                    .as("seed %d", seed)
                    .isEqualTo(ours);
        }
    }

    /** Column by column, so that the official builder gives the ids. */
    private static org.apache.fluss.metadata.Schema buildOfficially(final Schema ours) {
        final org.apache.fluss.metadata.Schema parsed =
                org.apache.fluss.metadata.Schema.fromJsonBytes(ours.toJsonBytes());
        final org.apache.fluss.metadata.Schema.Builder builder = org.apache.fluss.metadata.Schema.newBuilder();
        for (int i = 0; i < ours.columns().size(); i++) {
            final Schema.Column column = ours.columns().get(i);
            final org.apache.fluss.types.DataType dataType =
                    parsed.getColumns().get(i).getDataType();
            final AggFunction function = column.aggFunction();
            if (function == null) {
                builder.column(column.name(), dataType);
            } else {
                builder.column(
                        column.name(),
                        dataType,
                        AggFunctions.of(AggFunctionType.fromString(function.type()), function.parameters()));
            }
            builder.withComment(column.comment());
        }
        ours.primaryKey().ifPresent(key -> builder.primaryKey(key.columnNames()));
        ours.autoIncrementColumn().ifPresent(builder::enableAutoIncrement);
        return builder.build();
    }

    @Test
    void shouldPrintTypesAsTheOfficialClassesDo() {
        for (long seed = Cases.SEED; seed < Cases.SEED + Cases.COUNT / 20; seed++) {
            final Schema ours = new RandomMetadata(seed).schema();
            final org.apache.fluss.metadata.Schema theirs =
                    org.apache.fluss.metadata.Schema.fromJsonBytes(ours.toJsonBytes());

            for (int i = 0; i < ours.columns().size(); i++) {
                assertThat(ours.columns().get(i).dataType().toString())
                        .as("seed %d", seed)
                        .isEqualTo(withShortNames(
                                theirs.getColumns().get(i).getDataType().asSerializableString()));
            }
        }
    }

    /** Of the two names SQL has for it, the official classes use the one here only where comments are left out. */
    private static String withShortNames(final String type) {
        return type.replaceAll("TIMESTAMP(\\(\\d\\)) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ$1");
    }

    @Test
    void shouldWriteTableDescriptorsThatTheOfficialClassesWriteBackAlike() throws Exception {
        for (long seed = Cases.SEED; seed < Cases.SEED + Cases.COUNT / 20; seed++) {
            final TableDescriptor ours = new RandomMetadata(seed).table();
            final byte[] json = ours.toJsonBytes();

            final org.apache.fluss.metadata.TableDescriptor theirs =
                    org.apache.fluss.metadata.TableDescriptor.fromJsonBytes(json);
            final byte[] back = theirs.toJsonBytes();

            assertSameJson(seed, back, json, ours.properties(), ours.customProperties());
            assertThat(TableDescriptor.fromJsonBytes(back)).as("seed %d", seed).isEqualTo(ours);
            assertThat(theirs.getBucketKeys()).as("seed %d", seed).isEqualTo(ours.bucketKeys());
        }
    }

    @Test
    void shouldSetFormatsAsTheOfficialBuilderDoes() {
        for (final LogFormat format : LogFormat.values()) {
            final org.apache.fluss.metadata.TableDescriptor theirs = org.apache.fluss.metadata.TableDescriptor.builder()
                    .schema(org.apache.fluss.metadata.Schema.newBuilder()
                            .column("a", org.apache.fluss.types.DataTypes.INT())
                            .build())
                    .logFormat(org.apache.fluss.metadata.LogFormat.valueOf(format.name()))
                    .build();
            final TableDescriptor ours = TableDescriptor.builder()
                    .schema(Schema.builder()
                            .column("a", dev.millrace.types.DataTypes.INT())
                            .build())
                    .logFormat(format)
                    .build();

            assertThat(text(ours.toJsonBytes())).isEqualTo(text(theirs.toJsonBytes()));
        }
    }

    @Test
    void shouldWriteDatabaseDescriptorsThatTheOfficialClassesWriteBackAlike() throws Exception {
        for (long seed = Cases.SEED; seed < Cases.SEED + Cases.COUNT / 20; seed++) {
            final DatabaseDescriptor ours = new RandomMetadata(seed).database();
            final byte[] json = ours.toJsonBytes();

            final byte[] back = org.apache.fluss.metadata.DatabaseDescriptor.fromJsonBytes(json)
                    .toJsonBytes();

            assertSameJson(seed, back, json, ours.customProperties());
            assertThat(DatabaseDescriptor.fromJsonBytes(back))
                    .as("seed %d", seed)
                    .isEqualTo(ours);
        }
    }

    /** The official classes keep properties in hash maps: their order means something for one entry only. */
    @SafeVarargs
    private static void assertSameJson(
            final long seed, final byte[] actual, final byte[] expected, final Map<String, String>... properties)
            throws Exception {
        boolean orderIsDefined = true;
        for (final Map<String, String> map : properties) {
            orderIsDefined &= map.size() <= 1;
        }
        if (orderIsDefined) {
            assertThat(text(actual)).as("seed %d", seed).isEqualTo(text(expected));
        } else {
            assertThat(MAPPER.readTree(actual)).as("seed %d", seed).isEqualTo(MAPPER.readTree(expected));
        }
    }

    private static String text(final byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }
}
