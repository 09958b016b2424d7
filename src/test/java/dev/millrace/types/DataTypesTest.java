package dev.millrace.types;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class DataTypesTest {
    @Test
    void shouldPrintTypesAsSqlDoes() {
        assertThat(DataTypes.INT()).hasToString("INT");
        assertThat(DataTypes.BIGINT().copy(false)).hasToString("BIGINT NOT NULL");
        assertThat(DataTypes.DECIMAL(10, 2)).hasToString("DECIMAL(10, 2)");
        assertThat(DataTypes.CHAR(3)).hasToString("CHAR(3)");
        assertThat(DataTypes.TIME()).hasToString("TIME(0)");
        assertThat(DataTypes.TIMESTAMP()).hasToString("TIMESTAMP(6)");
        assertThat(DataTypes.TIMESTAMP_LTZ(3).copy(false)).hasToString("TIMESTAMP_LTZ(3) NOT NULL");
        assertThat(DataTypes.MAP(DataTypes.STRING(), DataTypes.ARRAY(DataTypes.DATE())))
                .hasToString("MAP<STRING NOT NULL, ARRAY<DATE>>");
        assertThat(DataTypes.ROW(
                        DataTypes.FIELD("a`b", DataTypes.BYTES()),
                        DataTypes.FIELD("c", DataTypes.BINARY(2), "it's binary")))
                .hasToString("ROW<`a``b` BYTES, `c` BINARY(2) 'it''s binary'>");
    }

    @Test
    void shouldChangeNothingButNullabilityWhenCopied() {
        final DecimalType nullable = DataTypes.DECIMAL(20, 3);
        final DecimalType notNull = nullable.copy(false);

        assertThat(nullable.isNullable()).isTrue();
        assertThat(notNull.isNullable()).isFalse();
        assertThat(notNull).isNotEqualTo(nullable);
        assertThat(notNull.copy(true)).isEqualTo(nullable);
    }

    @Test
    void shouldTellCompactTypes() {
        assertThat(DataTypes.DECIMAL(18, 0).isCompact()).isTrue();
        assertThat(DataTypes.DECIMAL(19, 0).isCompact()).isFalse();
        assertThat(DataTypes.TIMESTAMP(3).isCompact()).isTrue();
        assertThat(DataTypes.TIMESTAMP(4).isCompact()).isFalse();
        assertThat(DataTypes.TIMESTAMP_LTZ(3).isCompact()).isTrue();
        assertThat(DataTypes.TIMESTAMP_LTZ(4).isCompact()).isFalse();
    }

    @Test
    void shouldRefuseParametersOutOfRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataTypes.CHAR(0))
                .withMessage("CHAR length must be at least 1, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataTypes.BINARY(-1))
                .withMessage("BINARY length must be at least 1, not -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataTypes.DECIMAL(39, 0))
                .withMessage("DECIMAL precision must be between 1 and 38, not 39");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataTypes.DECIMAL(5, 6))
                .withMessage("DECIMAL scale must be between 0 and the precision 5, not 6");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataTypes.TIME(10))
                .withMessage("TIME precision must be between 0 and 9, not 10");
        assertThatIllegalArgumentException().isThrownBy(() -> DataTypes.TIMESTAMP(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> DataTypes.TIMESTAMP_LTZ(10));
    }

    @Test
    void shouldRefuseRowsWhoseFieldsCannotBeTold() {
        final DataField field = DataTypes.FIELD("a", DataTypes.INT());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataTypes.ROW(field, field))
                .withMessage("ROW has two fields named 'a'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DataTypes.FIELD(" ", DataTypes.INT()))
                .withMessage("A field needs a name that is not blank");
    }

    @Test
    void shouldFindAndProjectFields() {
        final RowType row = DataTypes.ROW(
                DataTypes.FIELD("a", DataTypes.INT()),
                DataTypes.FIELD("b", DataTypes.STRING()),
                DataTypes.FIELD("c", DataTypes.DATE()));

        assertThat(row.indexOf("c")).isEqualTo(2);
        assertThat(row.indexOf("d")).isEqualTo(-1);
        assertThat(row.typeAt(1)).isEqualTo(DataTypes.STRING());
        assertThat(row.project(2, 0))
                .isEqualTo(
                        DataTypes.ROW(DataTypes.FIELD("c", DataTypes.DATE()), DataTypes.FIELD("a", DataTypes.INT())));
    }
}
