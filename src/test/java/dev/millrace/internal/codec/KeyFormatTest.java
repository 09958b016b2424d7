package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.support.Cases;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.bucketing.BucketingFunction;
import org.apache.fluss.bucketing.FlussBucketingFunction;
import org.apache.fluss.bucketing.IcebergBucketingFunction;
import org.apache.fluss.bucketing.PaimonBucketingFunction;
import org.apache.fluss.metadata.DataLakeFormat;
import org.apache.fluss.row.encode.KeyEncoder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KeyFormatTest {
    private static final int ROWS_A_SCHEMA = 10;

    /** What encoders become after many rows is tried with every so manieth schema. */
    private static final int UNROLLED_EACH = 8;

    @ParameterizedTest
    @EnumSource
    void shouldAgreeWithTheOfficialEncodersAndBuckets(final KeyFormat format) {
        final UnsafeBuffer target = RowCases.usedMemory(1 << 16);
        int cases = 0;
        for (long seed = Cases.SEED; cases < Cases.COUNT; seed++) {
            final Random random = new Random(seed);
            final RowCases rows = new RowCases(seed);
            final RowType type = keyRow(rows, format, random);
            final int[] columns = keyColumns(type, format, random);
            if (columns.length == 0) {
                continue;
            }
            final List<String> names = IntStream.of(columns)
                    .mapToObj(column -> type.fields().get(column).name())
                    .toList();
            final KeyEncoder official =
                    KeyEncoder.ofBucketKeyEncoder(RowCases.official(type), names, lakeFormat(format));
            final RowEncoder encoder = format.newEncoder(type, columns);
            if (seed % UNROLLED_EACH == 0) {
                RowCases.unrolled(encoder);
            }
            for (int i = 0; i < ROWS_A_SCHEMA; i++, cases++) {
                final List<@Nullable Object> values = rows.row(type);
                final byte[] expected = official.encodeKey(RowCases.toOfficial(type, values));
                final GenericRow row = RowCases.toOurs(type, values);
                final int length = encoder.encode(row, target, 5, target.capacity() - 5);
                assertThat(RowCases.bytes(target, 5, length))
                        .as("seed %d, %s of %s in %s", seed, names, values, type)
                        .isEqualTo(expected);
                final int bound = (int) encoder.lengthBound(row);
                assertThat(encoder.encode(row, RowCases.usedMemory(bound), 0, bound))
                        .as("seed %d", seed)
                        .isEqualTo(length);
                final int buckets = 1 + random.nextInt(100);
                if (length > 0) {
                    assertThat(format.bucket(target, 5, length, buckets))
                            .as("seed %d", seed)
                            .isEqualTo(officialBuckets(format).bucketing(expected, buckets));
                }
            }
        }
    }

    /** A row of scalar columns, which only Paimon allows to be null in a key. */
    private static RowType keyRow(final RowCases rows, final KeyFormat format, final Random random) {
        final List<DataField> fields = new ArrayList<>();
        final int count = 1 + random.nextInt(5);
        for (int i = 0; i < count; i++) {
            final DataType type = rows.scalar();
            fields.add(new DataField("k" + i, format == KeyFormat.PAIMON ? type : type.copy(false)));
        }
        return new RowType(false, fields);
    }

    private static int[] keyColumns(final RowType type, final KeyFormat format, final Random random) {
        final List<Integer> columns =
                new ArrayList<>(IntStream.range(0, type.fieldCount()).boxed().toList());
        Collections.shuffle(columns, random);
        if (format == KeyFormat.ICEBERG) {
            columns.removeIf(column -> !isIcebergKey(type.typeAt(column)));
            return columns.stream().limit(1).mapToInt(i -> i).toArray();
        }
        return columns.stream()
                .limit(1 + random.nextInt(columns.size()))
                .mapToInt(i -> i)
                .toArray();
    }

    private static boolean isIcebergKey(final DataType type) {
        try {
            KeyFormat.ICEBERG.newEncoder(RowFormatTest.row(type), new int[] {0});
            return true;
        } catch (UnsupportedOperationException e) {
            return false;
        }
    }

    private static @Nullable DataLakeFormat lakeFormat(final KeyFormat format) {
        return switch (format) {
            case COMPACTED -> null;
            case PAIMON -> DataLakeFormat.PAIMON;
            case ICEBERG -> DataLakeFormat.ICEBERG;
        };
    }

    private static BucketingFunction officialBuckets(final KeyFormat format) {
        return switch (format) {
            case COMPACTED -> new FlussBucketingFunction();
            case PAIMON -> new PaimonBucketingFunction();
            case ICEBERG -> new IcebergBucketingFunction();
        };
    }

    // ---- worked examples of the protocol pages ----

    private static final RowType KEY = RowFormatTest.row(DataTypes.INT(), DataTypes.STRING(), DataTypes.BIGINT());
    private static final GenericRow ROW = GenericRow.fromData(42, "abcdefghij", -77L);

    @Test
    void shouldWriteTheWorkedKeys() {
        assertKey(KeyFormat.COMPACTED, ROW, "2a 0a6162636465666768696a b3ffffffffffffffff01", 0, 1, 2);
        assertKey(
                KeyFormat.PAIMON,
                ROW,
                "0000000000000000 2a00000000000000 0a00000020000000 b3ffffffffffffff 6162636465666768696a000000000000",
                0,
                1,
                2);
        assertKey(
                KeyFormat.PAIMON,
                GenericRow.fromData(42, "abc", -77L),
                "0000000000000000 2a00000000000000 6162630000000083 b3ffffffffffffff",
                0,
                1,
                2);
        assertKey(KeyFormat.ICEBERG, ROW, "2a00000000000000", 0);
        assertKey(KeyFormat.ICEBERG, ROW, "b3ffffffffffffff", 2);
    }

    private static void assertKey(
            final KeyFormat format, final GenericRow row, final String expected, final int... columns) {
        final UnsafeBuffer target = RowCases.usedMemory(256);
        final int length = format.newEncoder(KEY, columns).encode(row, target, 0, 256);
        assertThat(HexFormat.of().formatHex(RowCases.bytes(target, 0, length))).isEqualTo(expected.replace(" ", ""));
    }

    @ParameterizedTest
    @CsvSource({
        "00, d1497b27, 8, 9, 7",
        "80, 2e3e8f7b, 14, 11, 13",
        "ff, 535b391c, 9, 12, 13",
        "000a, 5b353918, 4, 8, 4",
        "01020304, ffda2176, 15, 10, 5",
        "01020304fe, e8b5d7cb, 10, 5, 12",
        "616263, 4ed2cbb4, 5, 4, 10"
    })
    void shouldHashTheWorkedKeys(
            final String hex, final String hash, final int compacted, final int paimon, final int iceberg) {
        assertBuckets(HexFormat.of().parseHex(hex), hash, compacted, paimon, iceberg);
    }

    @Test
    void shouldHashTheWorkedSentence() {
        final byte[] sentence = "The quick brown fox jumps over the lazy dog".getBytes(StandardCharsets.US_ASCII);
        assertBuckets(sentence, "1bc6f880", 6, 0, 3);
    }

    private static void assertBuckets(
            final byte[] key, final String hash, final int compacted, final int paimon, final int iceberg) {
        final UnsafeBuffer buffer = OffHeap.wrap(key);
        assertThat(Murmur.hash42(buffer, 0, key.length)).isEqualTo((int) Long.parseLong(hash, 16));
        assertThat(KeyFormat.COMPACTED.bucket(buffer, 0, key.length, 16)).isEqualTo(compacted);
        assertThat(KeyFormat.PAIMON.bucket(buffer, 0, key.length, 16)).isEqualTo(paimon);
        assertThat(KeyFormat.ICEBERG.bucket(buffer, 0, key.length, 16)).isEqualTo(iceberg);
    }

    @Test
    void shouldScrambleTheWorkedNumbers() {
        assertThat(Murmur.scramble(0)).isEqualTo(0x2362f9de);
        assertThat(Murmur.scramble(1)).isEqualTo(0x040ebfd6);
        assertThat(Murmur.scramble(42)).isEqualTo(0x43a46e1d);
        assertThat(Murmur.scramble(-77)).isEqualTo(0x2eeb27de);
    }

    // ---- which format ----

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, -, a+b, COMPACTED, COMPACTED",
                "PAIMON, -, a, PAIMON, PAIMON",
                "paimon, 1, a, PAIMON, PAIMON",
                "PAIMON, 2, a+b, PAIMON, PAIMON",
                "PAIMON, 2, a, COMPACTED, PAIMON",
                "ICEBERG, 2, a, COMPACTED, ICEBERG",
                "LANCE, 1, a, COMPACTED, COMPACTED"
            })
    void shouldChooseTheFormatsOfATable(
            final @Nullable String lake,
            final @Nullable String version,
            final String bucketKey,
            final KeyFormat primary,
            final KeyFormat bucket) {
        final TableInfo table = table(lake, version, List.of(bucketKey.split("\\+")));
        assertThat(KeyFormat.ofPrimaryKey(table)).isEqualTo(primary);
        assertThat(KeyFormat.ofBucketKey(table)).isEqualTo(bucket);
    }

    @Test
    void shouldEncodeThePhysicalPrimaryKeyWhereverItsColumnsLie() {
        final TableInfo table = table(null, "2", List.of("a", "b"));
        final UnsafeBuffer target = RowCases.usedMemory(64);
        final RowEncoder full = KeyFormat.primaryKeyEncoder(table, table.rowType());
        assertThat(full.encode(GenericRow.fromData("x", 7L, 1, "p"), target, 0, 64))
                .isEqualTo(3);
        assertThat(HexFormat.of().formatHex(RowCases.bytes(target, 0, 3))).isEqualTo("010178");
        final RowType lookup = new RowType(
                false,
                List.of(
                        new DataField("p", DataTypes.STRING()),
                        new DataField("a", DataTypes.INT()),
                        new DataField("b", DataTypes.STRING())));
        final RowEncoder key = KeyFormat.primaryKeyEncoder(table, lookup);
        assertThat(key.encode(GenericRow.fromData("p", 1, "x"), target, 0, 64)).isEqualTo(3);
        assertThat(HexFormat.of().formatHex(RowCases.bytes(target, 0, 3))).isEqualTo("010178");
        assertThatThrownBy(() -> KeyFormat.bucketKeyEncoder(table, RowFormatTest.row(DataTypes.INT())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'a'");
    }

    /** Columns b, v, a, p; primary key (p, a, b), partitioned by p. */
    private static TableInfo table(
            final @Nullable String lake, final @Nullable String version, final List<String> bucketKey) {
        final TableDescriptor.Builder descriptor = TableDescriptor.builder()
                .schema(Schema.builder()
                        .column("b", DataTypes.STRING())
                        .column("v", DataTypes.BIGINT())
                        .column("a", DataTypes.INT())
                        .column("p", DataTypes.STRING())
                        .primaryKey("p", "a", "b")
                        .build())
                .partitionedBy("p")
                .distributedBy(4, bucketKey);
        Map.of(
                        "table.datalake.format",
                        lake == null ? "" : lake,
                        "table.kv.format-version",
                        version == null ? "" : version)
                .forEach((key, value) -> {
                    if (!value.isEmpty()) {
                        descriptor.property(key, value);
                    }
                });
        return new TableInfo(TablePath.of("d", "t"), 1, 1, descriptor.build(), Instant.EPOCH, Instant.EPOCH);
    }

    // ---- what is refused ----

    @Test
    void shouldRefuseWhatCannotBeAKey() {
        final UnsafeBuffer target = RowCases.usedMemory(64);
        assertThatThrownBy(() -> KeyFormat.COMPACTED
                        .newEncoder(KEY, new int[] {0, 1})
                        .encode(GenericRow.fromData(1, null, 2L), target, 0, 64))
                .isInstanceOf(RowConversionException.class)
                .hasMessage("column c1 of type STRING cannot hold null in a key");
        assertThatThrownBy(() -> KeyFormat.ICEBERG
                        .newEncoder(KEY, new int[] {1})
                        .encode(GenericRow.fromData(1, null, 2L), target, 0, 64))
                .isInstanceOf(RowConversionException.class)
                .hasMessage("column c1 of type STRING cannot hold null in a key");
        assertThatThrownBy(() -> KeyFormat.ICEBERG.newEncoder(KEY, new int[] {0, 1}))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("exactly one");
        assertThatThrownBy(() -> KeyFormat.ICEBERG.newEncoder(RowFormatTest.row(DataTypes.BOOLEAN()), new int[] {0}))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("BOOLEAN");
        assertThatThrownBy(() ->
                        KeyFormat.PAIMON.newEncoder(RowFormatTest.row(DataTypes.ARRAY(DataTypes.INT())), new int[] {0}))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("ARRAY<INT>");
        assertThatThrownBy(() -> KeyFormat.ICEBERG.bucket(target, 0, 0, 4))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("empty");
    }
}
