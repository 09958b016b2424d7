package dev.millrace.internal.codec;

import dev.millrace.types.DataField;
import dev.millrace.types.RowType;
import java.util.List;

/** The fields of a row type, taken apart. Immutable, shared by all that write or read such rows. */
final class RowFields {
    final int count;
    final String[] names;
    final ValueType[] types;

    RowFields(final RowType type) {
        final List<DataField> fields = type.fields();
        this.count = fields.size();
        this.names = new String[count];
        this.types = new ValueType[count];
        for (int field = 0; field < count; field++) {
            names[field] = fields.get(field).name();
            types[field] = new ValueType(fields.get(field).dataType());
        }
    }

    private RowFields(final String[] names, final ValueType[] types) {
        this.count = names.length;
        this.names = names;
        this.types = types;
    }

    /** The same fields, of which all but those given are absent. */
    RowFields onlyTargets(final int[] targets) {
        final ValueType[] chosen = new ValueType[count];
        for (final int target : targets) {
            chosen[target] = types[target];
        }
        for (int field = 0; field < count; field++) {
            chosen[field] = chosen[field] == null ? types[field].absent() : chosen[field];
        }
        return new RowFields(names, chosen);
    }

    byte[] kinds() {
        final byte[] kinds = new byte[count];
        for (int field = 0; field < count; field++) {
            kinds[field] = types[field].kind;
        }
        return kinds;
    }

    int nullBitsLength() {
        return nullBitsLength(count);
    }

    static int nullBitsLength(final int fields) {
        return (fields + 7) >>> 3;
    }

    String describe(final int field) {
        return "column " + names[field] + " of type " + types[field];
    }
}
