package dev.millrace.types;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * ROW: named fields, each of its own type; also what a whole table row looks like. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 * @param fields in order, with distinct names.
 */
public record RowType(boolean isNullable, List<DataField> fields) implements DataType {
    /** Copies the list and checks that the names are distinct. */
    public RowType {
        fields = List.copyOf(fields);
        final Set<String> names = new HashSet<>();
        for (final DataField field : fields) {
            if (!names.add(field.name())) {
                throw new IllegalArgumentException("ROW has two fields named '" + field.name() + "'");
            }
        }
    }

    /**
     * Counts the fields.
     *
     * @return how many fields there are.
     */
    public int fieldCount() {
        return fields.size();
    }

    /**
     * The type of a field.
     *
     * @param position from 0.
     * @return the type of the field there.
     * @throws IndexOutOfBoundsException if there is no such field.
     */
    public DataType typeAt(final int position) {
        return fields.get(position).dataType();
    }

    /**
     * Finds a field by its name.
     *
     * @param name the exact name.
     * @return its position from 0, or -1 if there is none.
     */
    public int indexOf(final String name) {
        for (int position = 0; position < fields.size(); position++) {
            if (fields.get(position).name().equals(name)) {
                return position;
            }
        }
        return -1;
    }

    /**
     * Takes some of the fields, in the order given.
     *
     * @param positions from 0, without repetition.
     * @return a row type of these fields.
     * @throws IndexOutOfBoundsException if there is no such field.
     */
    public RowType project(final int... positions) {
        return new RowType(
                isNullable, Arrays.stream(positions).mapToObj(fields::get).toList());
    }

    @Override
    public RowType copy(final boolean nullable) {
        return new RowType(nullable, fields);
    }

    @Override
    public String asSummaryString() {
        final String list = fields.stream().map(DataField::toString).collect(Collectors.joining(", "));
        return SqlForm.of("ROW<" + list + ">", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
