package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;
import dev.millrace.types.ArrayType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.List;

/**
 * What the Arrow batches of a table hold: every column with its children in pre-order, as nodes and buffers follow each
 * other on the wire, and the order in which the application wants the columns. Immutable, shared by all batches.
 */
public final class ArrowLayout implements LogLayout {
    private final RowType rowType;
    private final RowFields rowFields;
    private final List<Field> fields;
    // First field of each column on the wire, and the number of fields as the last element.
    private final int[] columnStart;
    // First buffer of each field.
    private final int[] bufferStart;
    private final int bufferCount;
    // For each column as the application counts them: its position on the wire.
    private final int[] order;

    private ArrowLayout(final RowType wire, final int[] order) {
        this.rowType = wire.project(order);
        this.rowFields = new RowFields(rowType);
        this.order = order.clone();
        this.columnStart = new int[wire.fieldCount() + 1];
        final List<Field> all = new ArrayList<>();
        for (int column = 0; column < wire.fieldCount(); column++) {
            columnStart[column] = all.size();
            final DataField field = wire.fields().get(column);
            add(field.name(), field.dataType(), all);
        }
        columnStart[wire.fieldCount()] = all.size();
        this.fields = List.copyOf(all);
        this.bufferStart = new int[all.size()];
        int buffers = 0;
        for (int field = 0; field < bufferStart.length; field++) {
            bufferStart[field] = buffers;
            buffers += all.get(field).kind().bufferCount();
        }
        this.bufferCount = buffers;
    }

    /**
     * One column or a child of one.
     *
     * @param span this field and all below it.
     * @param width of a value in bytes; 0 where it is not fixed.
     */
    record Field(String name, ValueType valueType, int span, ArrowKind kind, int width) {
        DataType type() {
            return valueType.type;
        }

        /** The fields right below this one. */
        int childCount() {
            return switch (type()) {
                case RowType row -> row.fieldCount();
                default -> kind.isNested() ? 1 : 0;
            };
        }
    }

    /**
     * @param wire the columns as they follow each other in the batches.
     * @param order the position in {@code wire} of each column that the application sees.
     */
    public static ArrowLayout of(final RowType wire, final int... order) {
        return new ArrowLayout(wire, order);
    }

    @Override
    public RowType rowType() {
        return rowType;
    }

    @Override
    public BatchRows newBatch() {
        return new ArrowBatch(this);
    }

    @Override
    public LogRow newRow(final Lease lease) {
        return new ArrowRow(lease, rowFields);
    }

    List<Field> fields() {
        return fields;
    }

    int wireColumns() {
        return columnStart.length - 1;
    }

    int firstField(final int wireColumn) {
        return columnStart[wireColumn];
    }

    int firstBuffer(final int field) {
        return bufferStart[field];
    }

    int bufferCount() {
        return bufferCount;
    }

    int columns() {
        return order.length;
    }

    /** The field that is the application's column. */
    int fieldOfColumn(final int column) {
        return columnStart[order[column]];
    }

    private static void add(final String name, final DataType type, final List<Field> to) {
        final ArrowKind kind = ArrowKind.of(type);
        final int at = to.size();
        final int width = type instanceof BinaryType binary ? binary.length() : kind.width();
        switch (type) {
            case ArrayType array -> add(name + ".element", array.elementType(), to);
            case MapType map -> addEntries(name + ".entries", map, to);
            case RowType row -> row.fields().forEach(field -> add(name + "." + field.name(), field.dataType(), to));
            default -> {
                // A scalar has no children.
            }
        }
        // In front of its children, which have come meanwhile.
        to.add(at, new Field(name, new ValueType(type), to.size() - at + 1, kind, width));
    }

    private static void addEntries(final String name, final MapType map, final List<Field> to) {
        final RowType entry = new RowType(
                false,
                List.of(new DataField("key", map.keyType().copy(false)), new DataField("value", map.valueType())));
        add(name, entry, to);
    }
}
