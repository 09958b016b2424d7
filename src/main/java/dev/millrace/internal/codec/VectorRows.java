package dev.millrace.internal.codec;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Lease;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.InternalRow;
import dev.millrace.types.CharType;
import dev.millrace.types.RowType;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.Types.MinorType;
import org.jspecify.annotations.Nullable;

/**
 * The rows of an Arrow root that a user hands over to be written: its vectors are checked against the columns of a table,
 * and then read in place. Borrows the vectors' memory, which must not change or go away meanwhile. For one thread.
 */
public final class VectorRows {
    private final ArrowColumn[] columns;
    private final RowFields rowFields;
    private final int rowCount;
    private final ArrowRow row;

    /**
     * @param rowType the columns of the table.
     * @param root has these columns under these names, in this order.
     * @throws RowConversionException a vector is missing, of another type, or holds a value that its column cannot hold.
     */
    public VectorRows(final RowType rowType, final VectorSchemaRoot root) {
        final ArrowLayout layout =
                ArrowLayout.of(rowType, IntStream.range(0, rowType.fieldCount()).toArray());
        final List<FieldVector> vectors = root.getFieldVectors();
        if (vectors.size() != rowType.fieldCount()) {
            throw new RowConversionException("the Arrow batch has " + vectors.size() + " vectors, the table has "
                    + rowType.fieldCount() + " columns");
        }
        final ArrowColumn[] fields = ArrowColumn.of(layout.fields());
        this.rowCount = root.getRowCount();
        this.columns = new ArrowColumn[vectors.size()];
        this.rowFields = new RowFields(rowType);
        for (int column = 0; column < columns.length; column++) {
            final FieldVector vector = vectors.get(column);
            columns[column] = fields[layout.fieldOfColumn(column)];
            final String name = rowType.fields().get(column).name();
            if (!vector.getName().equals(name)) {
                throw new RowConversionException(
                        "the Arrow batch has " + vector.getName() + " in the place of column " + name);
            }
            wrap(columns[column], vector, null);
            if (vector.getValueCount() < rowCount) {
                throw misfit(columns[column], vector.getValueCount() + " values for " + rowCount + " rows");
            }
        }
        this.row = new ArrowRow(new Lease(null, "the Arrow batch was written"), rowFields, columns, 0);
    }

    public int rowCount() {
        return rowCount;
    }

    /** The row at an index: the same object every time, moved there. */
    public InternalRow row(final int index) {
        row.moveTo(index);
        return row;
    }

    ArrowColumn[] columns() {
        return columns;
    }

    private static void wrap(final ArrowColumn column, final FieldVector vector, final @Nullable ArrowColumn parent) {
        checkType(column, vector);
        final ArrowKind kind = column.field().kind();
        final int count = vector.getValueCount();
        final int nulls = vector.getNullCount();
        final long validity = nulls == 0 ? 0 : addressOf(column, vector.getValidityBuffer(), (count + 7L) / 8);
        final boolean hasOffsets = kind.isVariable() || kind.hasElements();
        final long offsets =
                hasOffsets && count > 0 ? addressOf(column, vector.getOffsetBuffer(), (count + 1L) * 4) : 0;
        final ArrowBuf data = kind.isNested() ? null : vector.getDataBuffer();
        final long fixed = kind == ArrowKind.BOOLEAN
                ? (count + 7L) / 8
                : (long) count * column.field().width();
        column.wrap(
                count,
                validity,
                offsets,
                data == null ? 0 : addressOf(column, data, fixed),
                data == null ? 0 : (int) Math.min(Integer.MAX_VALUE, data.capacity()));
        final List<FieldVector> children = kind.isNested() ? vector.getChildrenFromFields() : List.of();
        for (int i = 0; i < children.size(); i++) {
            final ArrowColumn child = column.child(i);
            wrap(child, children.get(i), kind == ArrowKind.STRUCT ? column : null);
            // A struct's children are read at its own indexes; those of a list are held against its offsets.
            if (kind == ArrowKind.STRUCT && child.length() < count) {
                throw misfit(child, child.length() + " values for " + count + " rows");
            }
        }
        checkValues(column, count, parent);
    }

    private static long addressOf(final ArrowColumn column, final ArrowBuf buffer, final long needed) {
        if (buffer.capacity() < needed) {
            throw misfit(column, "a vector of " + buffer.capacity() + " bytes where its values need " + needed);
        }
        return buffer.memoryAddress();
    }

    private static void checkType(final ArrowColumn column, final FieldVector vector) {
        final MinorType type = vector.getMinorType();
        final boolean fits = switch (column.field().kind()) {
            case BOOLEAN -> type == MinorType.BIT;
            case INT8 -> type == MinorType.TINYINT;
            case INT16 -> type == MinorType.SMALLINT;
            case INT32 -> type == MinorType.INT;
            case INT64 -> type == MinorType.BIGINT;
            case FLOAT32 -> type == MinorType.FLOAT4;
            case FLOAT64 -> type == MinorType.FLOAT8;
            case UTF8 -> type == MinorType.VARCHAR;
            case BINARY -> type == MinorType.VARBINARY;
            case FIXED_BINARY ->
                vector instanceof FixedSizeBinaryVector binary
                        && binary.getByteWidth() == column.field().width();
            case DECIMAL128 ->
                vector instanceof DecimalVector decimal
                        && decimal.getScale() == column.type().scale
                        && decimal.getPrecision() <= column.type().precision;
            case DATE -> type == MinorType.DATEDAY;
            case TIME_SECOND -> type == MinorType.TIMESEC;
            case TIME_MILLI -> type == MinorType.TIMEMILLI;
            case TIME_MICRO -> type == MinorType.TIMEMICRO;
            case TIME_NANO -> type == MinorType.TIMENANO;
            case TIMESTAMP_SECOND -> type == MinorType.TIMESTAMPSEC || type == MinorType.TIMESTAMPSECTZ;
            case TIMESTAMP_MILLI -> type == MinorType.TIMESTAMPMILLI || type == MinorType.TIMESTAMPMILLITZ;
            case TIMESTAMP_MICRO -> type == MinorType.TIMESTAMPMICRO || type == MinorType.TIMESTAMPMICROTZ;
            case TIMESTAMP_NANO -> type == MinorType.TIMESTAMPNANO || type == MinorType.TIMESTAMPNANOTZ;
            case LIST -> type == MinorType.LIST;
            case MAP -> type == MinorType.MAP;
            case STRUCT ->
                type == MinorType.STRUCT
                        && vector.getChildrenFromFields().size()
                                == column.field().childCount();
        };
        // A dictionary's vector holds indexes, not values.
        if (!fits || vector.getField().getDictionary() != null) {
            throw misfit(
                    column,
                    "an Arrow vector of " + vector.getField().getFieldType().getType());
        }
    }

    /** What a vector of the right type may hold and the column may not. */
    private static void checkValues(final ArrowColumn column, final int count, final @Nullable ArrowColumn parent) {
        final ArrowKind kind = column.field().kind();
        if (kind.isVariable() || kind.hasElements()) {
            checkOffsets(
                    column,
                    count,
                    kind.isVariable() ? column.dataLength() : column.child(0).length());
        }
        if (column.type().notNull && column.validity() != 0) {
            for (int i = 0; i < count; i++) {
                // What lies in a row that is null is not there.
                if (column.isNull(i) && (parent == null || i < parent.length() && !parent.isNull(i))) {
                    throw misfit(column, "null, as at index " + i);
                }
            }
        }
        if (column.field().type() instanceof CharType) {
            final UnsafeBuffer text = OffHeap.flyweight();
            for (int i = 0; i < count; i++) {
                if (!column.isNull(i)) {
                    column.wrapString(i, text);
                    checkCharacters(column, text, i);
                }
            }
        }
    }

    private static void checkCharacters(final ArrowColumn column, final UnsafeBuffer text, final int index) {
        try {
            CheckedValues.checkCharacters(text, 0, text.capacity(), column.type());
        } catch (Misfit e) {
            throw misfit(column, e.getMessage() + ", as at index " + index);
        }
    }

    private static void checkOffsets(final ArrowColumn column, final int count, final int end) {
        int last = 0;
        for (int i = 0; count > 0 && i <= count; i++) {
            final int next = column.offset(i);
            if (next < last || next > end) {
                throw misfit(column, "an Arrow vector with offset " + next + " after " + last + " of " + end);
            }
            last = next;
        }
    }

    private static RowConversionException misfit(final ArrowColumn column, final String what) {
        return new RowConversionException(
                "column " + column.field().name() + " of type " + column.type() + " cannot hold " + what);
    }
}
