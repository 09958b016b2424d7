package dev.millrace.internal.codec;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TypedValues;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeNanoVector;
import org.apache.arrow.vector.TimeSecVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.jspecify.annotations.Nullable;

/**
 * Copies values of one type into the vector it is bound to, at ascending indexes. A value that is null leaves its place
 * alone: new validity is all zero, and vectors close the gaps in their offsets when they learn their length. Grows the
 * vector as it must.
 */
abstract sealed class VectorWriter {
    private static final int MILLIS_PER_SECOND = 1_000;
    private static final int MICROS_PER_MILLI = 1_000;
    private static final int NANOS_PER_MICRO = 1_000;
    private static final int NANOS_PER_MILLI = 1_000_000;

    static VectorWriter of(final ValueType type) {
        return switch (ArrowKind.of(type.type)) {
            case BOOLEAN ->
                new Plain<>(BitVector.class, (to, i, from, pos) -> to.setSafe(i, from.getBoolean(pos) ? 1 : 0));
            case INT8 -> new Plain<>(TinyIntVector.class, (to, i, from, pos) -> to.setSafe(i, from.getByte(pos)));
            case INT16 -> new Plain<>(SmallIntVector.class, (to, i, from, pos) -> to.setSafe(i, from.getShort(pos)));
            case INT32 -> new Plain<>(IntVector.class, (to, i, from, pos) -> to.setSafe(i, from.getInt(pos)));
            case INT64 -> new Plain<>(BigIntVector.class, (to, i, from, pos) -> to.setSafe(i, from.getLong(pos)));
            case FLOAT32 -> new Plain<>(Float4Vector.class, (to, i, from, pos) -> to.setSafe(i, from.getFloat(pos)));
            case FLOAT64 -> new Plain<>(Float8Vector.class, (to, i, from, pos) -> to.setSafe(i, from.getDouble(pos)));
            case UTF8, BINARY -> new Variable(ValueKind.isText(type.kind));
            case FIXED_BINARY -> new FixedBinary();
            case DECIMAL128 -> decimal(type);
            case DATE -> new Plain<>(DateDayVector.class, (to, i, from, pos) -> to.setSafe(i, from.getEpochDay(pos)));
            case TIME_SECOND ->
                new Plain<>(
                        TimeSecVector.class,
                        (to, i, from, pos) -> to.setSafe(i, from.getMillisOfDay(pos) / MILLIS_PER_SECOND));
            case TIME_MILLI ->
                new Plain<>(TimeMilliVector.class, (to, i, from, pos) -> to.setSafe(i, from.getMillisOfDay(pos)));
            case TIME_MICRO ->
                new Plain<>(
                        TimeMicroVector.class,
                        (to, i, from, pos) -> to.setSafe(i, (long) from.getMillisOfDay(pos) * MICROS_PER_MILLI));
            case TIME_NANO ->
                new Plain<>(
                        TimeNanoVector.class,
                        (to, i, from, pos) -> to.setSafe(i, (long) from.getMillisOfDay(pos) * NANOS_PER_MILLI));
            case TIMESTAMP_SECOND, TIMESTAMP_MILLI, TIMESTAMP_MICRO, TIMESTAMP_NANO -> timestamp(type);
            case LIST -> new ListWriter(of(NestedEncoder.elementOf(type)));
            case MAP -> new MapWriter(of(NestedEncoder.keyOf(type)), of(NestedEncoder.elementOf(type)));
            case STRUCT -> new StructWriter(ofAll(NestedEncoder.fieldsOf(type)));
        };
    }

    static VectorWriter[] ofAll(final RowFields fields) {
        final VectorWriter[] writers = new VectorWriter[fields.count];
        for (int field = 0; field < writers.length; field++) {
            writers[field] = of(fields.types[field]);
        }
        return writers;
    }

    private static VectorWriter decimal(final ValueType type) {
        return new Plain<>(
                DecimalVector.class,
                type.kind == ValueKind.COMPACT_DECIMAL
                        ? (to, i, from, pos) -> to.setSafe(i, CheckedValues.compactDecimal(from, pos, type))
                        : (to, i, from, pos) -> to.setBigEndianSafe(i, CheckedValues.decimal(from, pos, type)));
    }

    private static VectorWriter timestamp(final ValueType type) {
        final int precision = type.precision;
        return new Plain<>(
                TimeStampVector.class,
                switch (ArrowKind.of(type.type)) {
                    case TIMESTAMP_SECOND ->
                        (to, i, from, pos) ->
                                to.setSafe(i, Math.floorDiv(from.getEpochMillis(pos, precision), MILLIS_PER_SECOND));
                    case TIMESTAMP_MILLI -> (to, i, from, pos) -> to.setSafe(i, from.getEpochMillis(pos, precision));
                    case TIMESTAMP_MICRO ->
                        (to, i, from, pos) -> to.setSafe(
                                i,
                                scaled(
                                        from.getEpochMillis(pos, precision),
                                        MICROS_PER_MILLI,
                                        from.getNanoOfMillis(pos, precision) / NANOS_PER_MICRO));
                    default ->
                        (to, i, from, pos) -> to.setSafe(
                                i,
                                scaled(
                                        from.getEpochMillis(pos, precision),
                                        NANOS_PER_MILLI,
                                        from.getNanoOfMillis(pos, precision)));
                });
    }

    private static long scaled(final long millis, final int perMilli, final int rest) {
        try {
            return Math.addExact(Math.multiplyExact(millis, perMilli), rest);
        } catch (ArithmeticException e) {
            throw new Misfit("a timestamp of " + millis + " ms, beyond what 64 bits hold in its unit");
        }
    }

    /** Writes to a vector, which has its memory, from now on. */
    abstract void bind(FieldVector vector);

    /** Writes a value or, if there is none, nothing. */
    final void write(final int index, final TypedValues values, final int pos) {
        if (!values.isNullAt(pos)) {
            set(index, values, pos);
        }
    }

    /** Writes a value that is not null. */
    abstract void set(int index, TypedValues values, int pos);

    private static <V extends FieldVector> V bound(final @Nullable V vector) {
        if (vector == null) {
            throw new IllegalStateException("no vector is bound");
        }
        return vector;
    }

    /** Values for which vectors have a setter. */
    private static final class Plain<V extends FieldVector> extends VectorWriter {
        private final Class<V> vectorType;
        private final Setter<V> setter;
        private @Nullable V vector;

        Plain(final Class<V> vectorType, final Setter<V> setter) {
            this.vectorType = vectorType;
            this.setter = setter;
        }

        @FunctionalInterface
        interface Setter<V> {
            void set(V to, int index, TypedValues from, int pos);
        }

        @Override
        void bind(final FieldVector newVector) {
            vector = vectorType.cast(newVector);
        }

        @Override
        void set(final int index, final TypedValues values, final int pos) {
            setter.set(bound(vector), index, values, pos);
        }
    }

    /** Text and bytes, which are copied straight to the end of those before. */
    private static final class Variable extends VectorWriter {
        private final boolean isText;
        private final UnsafeBuffer room = OffHeap.flyweight();
        private @Nullable BaseVariableWidthVector vector;

        Variable(final boolean isText) {
            this.isText = isText;
        }

        @Override
        void bind(final FieldVector newVector) {
            vector = (BaseVariableWidthVector) newVector;
        }

        @Override
        void set(final int index, final TypedValues values, final int pos) {
            final BaseVariableWidthVector to = bound(vector);
            to.fillEmpties(index);
            to.setIndexDefined(index);
            final int start = to.getOffsetBuffer().getInt((long) index * Integer.BYTES);
            int length = copy(values, pos, to, start);
            if (length > room.capacity()) {
                to.reallocDataBuffer((long) start + length);
                length = copy(values, pos, to, start);
            }
            if (length < 0 || length > room.capacity()) {
                throw new Misfit("a value of " + length + " bytes after " + start + " of other rows");
            }
            to.getOffsetBuffer().setInt((index + 1L) * Integer.BYTES, start + length);
            to.setLastSet(index);
        }

        private int copy(final TypedValues values, final int pos, final BaseVariableWidthVector to, final int start) {
            final long capacity = Math.min(to.getDataBuffer().capacity(), Integer.MAX_VALUE) - start;
            room.wrap(to.getDataBuffer().memoryAddress() + start, (int) capacity);
            return isText
                    ? values.copyString(pos, room, 0, (int) capacity)
                    : values.copyBytes(pos, room, 0, (int) capacity);
        }
    }

    /** BINARY: shorter values are padded with zeros. */
    private static final class FixedBinary extends VectorWriter {
        private final UnsafeBuffer room = OffHeap.flyweight();
        private @Nullable FixedSizeBinaryVector vector;

        @Override
        void bind(final FieldVector newVector) {
            vector = (FixedSizeBinaryVector) newVector;
        }

        @Override
        void set(final int index, final TypedValues values, final int pos) {
            final FixedSizeBinaryVector to = bound(vector);
            to.setIndexDefined(index);
            final int width = to.getByteWidth();
            room.wrap(to.getDataBuffer().memoryAddress() + (long) index * width, width);
            final int length = values.copyBytes(pos, room, 0, width);
            if (length < 0 || length > width) {
                throw new Misfit("a value of " + length + " bytes");
            }
            room.setMemory(length, width - length, (byte) 0);
        }
    }

    private static final class ListWriter extends VectorWriter {
        private final VectorWriter elements;
        private @Nullable ListVector vector;

        ListWriter(final VectorWriter elements) {
            this.elements = elements;
        }

        @Override
        void bind(final FieldVector newVector) {
            final ListVector list = (ListVector) newVector;
            vector = list;
            elements.bind(list.getDataVector());
        }

        @Override
        void set(final int index, final TypedValues values, final int pos) {
            final ListVector to = bound(vector);
            final InternalArray array = values.getArray(pos);
            final int size = array.size();
            final int start = to.startNewValue(index);
            for (int i = 0; i < size; i++) {
                elements.write(start + i, array, i);
            }
            to.endValue(index, size);
        }
    }

    private static final class MapWriter extends VectorWriter {
        private final VectorWriter keys;
        private final VectorWriter mapped;
        private @Nullable ListVector vector;
        private @Nullable StructVector entries;

        MapWriter(final VectorWriter keys, final VectorWriter mapped) {
            this.keys = keys;
            this.mapped = mapped;
        }

        @Override
        void bind(final FieldVector newVector) {
            final ListVector map = (ListVector) newVector;
            final StructVector struct = (StructVector) map.getDataVector();
            vector = map;
            entries = struct;
            keys.bind(struct.getChildrenFromFields().get(0));
            mapped.bind(struct.getChildrenFromFields().get(1));
        }

        @Override
        void set(final int index, final TypedValues values, final int pos) {
            final ListVector to = bound(vector);
            final StructVector pairs = bound(entries);
            final InternalMap map = values.getMap(pos);
            final InternalArray from = map.keys();
            final InternalArray fromMapped = map.values();
            final int size = from.size();
            if (fromMapped.size() != size) {
                throw new Misfit(size + " keys with " + fromMapped.size() + " values");
            }
            final int start = to.startNewValue(index);
            for (int i = 0; i < size; i++) {
                pairs.setIndexDefined(start + i);
                keys.write(start + i, from, i);
                mapped.write(start + i, fromMapped, i);
            }
            to.endValue(index, size);
        }
    }

    private static final class StructWriter extends VectorWriter {
        private final VectorWriter[] children;
        private @Nullable StructVector vector;

        StructWriter(final VectorWriter[] children) {
            this.children = children;
        }

        @Override
        void bind(final FieldVector newVector) {
            final StructVector struct = (StructVector) newVector;
            vector = struct;
            final List<FieldVector> vectors = struct.getChildrenFromFields();
            for (int child = 0; child < children.length; child++) {
                children[child].bind(vectors.get(child));
            }
        }

        @Override
        void set(final int index, final TypedValues values, final int pos) {
            final InternalRow row = values.getRow(pos, children.length);
            bound(vector).setIndexDefined(index);
            for (int child = 0; child < children.length; child++) {
                children[child].write(index, row, child);
            }
        }
    }
}
