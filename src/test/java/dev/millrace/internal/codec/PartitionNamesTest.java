package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.RowConversionException;
import dev.millrace.row.GenericRow;
import dev.millrace.support.Cases;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import dev.millrace.types.DecimalType;
import dev.millrace.types.RowType;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.List;
import org.apache.fluss.utils.PartitionUtils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PartitionNamesTest {
    @Test
    void shouldAgreeWithTheOfficialConverterAndReadBackItsText() {
        // A few are decimals, which no partition is named by.
        for (long seed = Cases.SEED; seed < Cases.SEED + Cases.COUNT + Cases.COUNT / 5; seed++) {
            final RowCases cases = new RowCases(seed);
            final DataType type = cases.scalar().copy(false);
            if (type instanceof DecimalType) {
                continue;
            }
            final RowType rows = RowFormatTest.row(type);
            final List<@Nullable Object> values = cases.row(rows);
            final String name = new PartitionNames(rows, List.of("c0")).nameOf(RowCases.toOurs(rows, values));
            final String official = PartitionUtils.convertValueOfType(
                    RowCases.theirs(type, values.get(0)),
                    RowCases.official(type).getTypeRoot());
            assertThat(name).as("seed %d, %s %s", seed, type, values).isEqualTo(official);

            if (!official.startsWith("+") && !official.matches("^\\d{5,}-.*")) {
                final GenericRow back = GenericRow.fromData(PartitionNames.valueOf(name, type));
                final String again = new PartitionNames(rows, List.of("c0")).nameOf(back);
                assertThat(again).as("seed %d, %s %s", seed, type, values).isEqualTo(name);
            }
        }
    }

    @Test
    void shouldNameTheWorkedPartitions() {
        assertThat(name(DataTypes.BYTES(), new byte[] {0x10, (byte) 0xff})).isEqualTo("10ff");
        assertThat(name(DataTypes.INT(), -3)).isEqualTo("-3");
        assertThat(name(DataTypes.DATE(), LocalDate.ofEpochDay(20_000))).isEqualTo("2024-10-04");
        assertThat(name(DataTypes.TIME(), LocalTime.ofNanoOfDay(3_723_004_000_000L)))
                .isEqualTo("01-02-03_004");
        assertThat(name(DataTypes.DOUBLE(), 1.5)).isEqualTo("1_5");
        assertThat(name(DataTypes.DOUBLE(), 1e20)).isEqualTo("1_0E20");
        assertThat(name(DataTypes.DOUBLE(), 1e-5)).isEqualTo("1_0E-5");
        assertThat(name(DataTypes.FLOAT(), Float.NEGATIVE_INFINITY)).isEqualTo("-Inf");
        assertThat(name(DataTypes.TIMESTAMP(3), timestamp(1_700_000_000_123L))).isEqualTo("2023-11-14-22-13-20_123");
        assertThat(name(DataTypes.TIMESTAMP(3), timestamp(1_700_000_000_100L))).isEqualTo("2023-11-14-22-13-20_1");
        assertThat(name(DataTypes.TIMESTAMP(3), timestamp(1_700_000_000_000L))).isEqualTo("2023-11-14-22-13-20_");
        assertThat(name(DataTypes.TIMESTAMP(3), timestamp(-1))).isEqualTo("1969-12-31-23-59-59_999");
    }

    private static dev.millrace.row.TimestampNtz timestamp(final long millis) {
        return new dev.millrace.row.TimestampNtz(millis, 0);
    }

    private static String name(final DataType type, final Object value) {
        return new PartitionNames(RowFormatTest.row(type), List.of("c0")).nameOf(GenericRow.fromData(value));
    }

    @Test
    void shouldJoinTheValuesInTheOrderOfTheKey() {
        final RowType rows = new RowType(
                false, List.of(new DataField("day", DataTypes.DATE()), new DataField("region", DataTypes.STRING())));
        final PartitionNames names = new PartitionNames(rows, List.of("region", "day"));
        final GenericRow row = GenericRow.fromData(LocalDate.of(2024, 10, 4), "eu");
        assertThat(names.nameOf(row)).isEqualTo("eu$2024-10-04");
        assertThat(names.specOf(row).getSpecMap())
                .containsExactly(java.util.Map.entry("region", "eu"), java.util.Map.entry("day", "2024-10-04"));
    }

    @Test
    void shouldRefuseWhatIsNoPartition() {
        final RowType rows = RowFormatTest.row(DataTypes.INT(), DataTypes.DECIMAL(5, 2));
        assertThatThrownBy(() -> new PartitionNames(rows, List.of("c0")).nameOf(GenericRow.fromData(null, null)))
                .isInstanceOf(RowConversionException.class)
                .hasMessage("column c0 of type INT cannot hold null in a partition key");
        assertThatThrownBy(() -> new PartitionNames(rows, List.of("c0")).nameOf(GenericRow.fromData("x", null)))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("column c0 of type INT");
        assertThatThrownBy(() -> new PartitionNames(rows, List.of("c1")))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("DECIMAL(5, 2)");
        assertThatThrownBy(() -> new PartitionNames(rows, List.of("nowhere")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nowhere");
        assertThatThrownBy(() -> PartitionNames.valueOf("2024-13-01", DataTypes.DATE()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'2024-13-01'");
        assertThatThrownBy(() -> PartitionNames.valueOf("yes", DataTypes.BOOLEAN()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'yes'");
    }
}
