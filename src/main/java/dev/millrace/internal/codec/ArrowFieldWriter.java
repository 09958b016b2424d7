package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.internal.memory.RawMemory;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TypedValues;
import java.math.BigInteger;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes the values of one column, or of a child of one, into its regions of a batch's block.
 *
 * <p>A region has room for as many values as the plan says. Whoever counts a field's values, the batch its rows and an
 * array its elements, asks for room once and then writes by address; only what has a length of its own is held against
 * the rest of its region. So the block must outlive the writer's last value.
 *
 * <p>Not safe for threads.
 */
abstract sealed class ArrowFieldWriter {
    private static final int MILLIS_PER_SECOND = 1_000;
    private static final int MICROS_PER_MILLI = 1_000;
    private static final int NANOS_PER_MICRO = 1_000;
    private static final int NANOS_PER_MILLI = 1_000_000;

    final ArrowField field;
    final UnsafeBuffer buffer;

    /** The values there is room for. */
    final int limit;

    private final boolean notNull;
    private final int validity;
    private final long validityAddress;

    private ArrowFieldWriter(final ArrowField field, final Regions regions) {
        this.field = field;
        this.buffer = regions.buffer;
        this.notNull = field.notNull;
        this.limit = regions.plan.counts()[field.node];
        this.validity = regions.take(ArrowBatchLayout.validityLength(limit));
        this.validityAddress = buffer.addressOffset() + validity;
        // All valid until a null clears its bit: a value that is there costs nothing.
        buffer.setMemory(validity, (int) ArrowBatchLayout.validityLength(limit), (byte) 0xFF);
    }

    static ArrowFieldWriter of(final ArrowField field, final Regions regions) {
        return switch (field.kind) {
            case LIST -> new OfList(field, regions);
            case MAP -> new OfMap(field, regions);
            case STRUCT -> new OfStruct(field, regions);
            default -> new OfScalar(field, regions);
        };
    }

    /** Where the next region of a block begins, while the block is divided. */
    static final class Regions {
        private final UnsafeBuffer buffer;
        private final ArrowBatchLayout.Plan plan;
        private final int prefixLength;
        private int at;

        Regions(
                final UnsafeBuffer buffer,
                final ArrowBatchLayout.Plan plan,
                final int headLength,
                final int prefixLength) {
            this.buffer = buffer;
            this.plan = plan;
            this.prefixLength = prefixLength;
            this.at = headLength;
        }

        private int take(final long length) {
            final int region = at + prefixLength;
            if (length > buffer.capacity() - region) {
                throw new IllegalArgumentException(
                        "a block of " + buffer.capacity() + " bytes is shorter than its plan");
            }
            at = region + (int) length;
            return region;
        }

        /** Behind the regions taken so far. */
        int end() {
            return at;
        }
    }

    /** Takes a finished field's node and buffers, in the order of the wire. */
    interface Sink {
        void addNode(int count, int nullCount);

        void addBuffer(int region, int length);
    }

    /**
     * Writes the value at {@code pos} as the field's value {@code i}, which must be below {@link #limit}. All values
     * before have been written.
     *
     * @return false if it does not fit; then, and when it throws, {@link #truncate} undoes what was written of it.
     */
    final boolean append(final TypedValues values, final int pos, final int i) {
        if (values.isNullAt(pos)) {
            putNull(i);
            return true;
        }
        return put(values, pos, i);
    }

    final void putNull(final int i) {
        if (notNull) {
            throw new Misfit("null");
        }
        putAbsent(i);
    }

    /** Writes that value {@code i} is not there: null, or a field of a row that is null. */
    final void putAbsent(final int i) {
        assert i < limit;
        final long at = validityAddress + (i >>> 3);
        RawMemory.putByte(at, (byte) (RawMemory.getByte(at) & ~(1 << (i & 7))));
        putNothing(i);
    }

    abstract boolean put(TypedValues values, int pos, int i);

    /** What stands in the place of a value that is not there; never what the block held before. */
    abstract void putNothing(int i);

    /**
     * Takes over the values of a column from {@code from} on, as the first of this field; there is room for so many, and
     * they are checked.
     */
    final void load(final ArrowColumn source, final int from, final int count) {
        if (count > limit) {
            throw new IllegalArgumentException(count + " values where there is room for " + limit);
        }
        if (source.validity() != 0) {
            copyBits(source.validity(), from, validityAddress, count);
        }
        loadValues(source, from, count);
    }

    abstract void loadValues(ArrowColumn source, int from, int count);

    /** Copies bits to a byte's beginning. */
    private static void copyBits(final long source, final int from, final long target, final int count) {
        final long first = source + (from >>> 3);
        final int shift = from & 7;
        final int length = (count + 7) >>> 3;
        final int sourceLength = (shift + count + 7) >>> 3;
        if (shift == 0) {
            RawMemory.copy(first, target, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            final int low = (RawMemory.getByte(first + i) & 0xFF) >>> shift;
            final int high = i + 1 < sourceLength ? RawMemory.getByte(first + i + 1) << 8 - shift : 0;
            RawMemory.putByte(target + i, (byte) (low | high));
        }
    }

    /** Writes where the values of a column end, counted from the first of them. */
    private static void copyOffsets(final ArrowColumn source, final int from, final long target, final int count) {
        final int start = source.offset(from);
        for (int i = 0; i <= count; i++) {
            RawMemory.putInt(target + i * 4L, source.offset(from + i) - start);
        }
    }

    /** Forgets the values from {@code from} to {@code to}, of which some may have been written. */
    void truncate(final int from, final int to) {
        for (int i = from; i < to; i++) {
            final int at = validity + (i >>> 3);
            buffer.putByte(at, (byte) (buffer.getByte(at) | 1 << (i & 7)));
        }
    }

    /**
     * The field whose value is being written or failed to be, and the path to it, which is appended.
     *
     * @return this field, or the child whose value it was.
     */
    ArrowField locate(final StringBuilder path) {
        return field;
    }

    /** How many values and bytes each field has so far. */
    abstract void measure(int count, int[] counts, int[] lengths);

    final void finish(final int count, final Sink sink) {
        final int nullCount = nullCount(count);
        sink.addNode(count, nullCount);
        sink.addBuffer(validity, nullCount == 0 ? 0 : bitsInUse(validity, count));
        finishValues(count, sink);
    }

    abstract void finishValues(int count, Sink sink);

    private int nullCount(final int count) {
        int nulls = 0;
        for (int i = 0; i < count; i += Long.SIZE) {
            // A region is a multiple of 8 bytes.
            final long absent = ~buffer.getLong(validity + (i >>> 3), LITTLE_ENDIAN);
            nulls += Long.bitCount(count - i < Long.SIZE ? absent & (1L << (count - i)) - 1 : absent);
        }
        return nulls;
    }

    /** The length of so many bits; clears those after the last. */
    final int bitsInUse(final int region, final int count) {
        final int length = (count + 7) >>> 3;
        if ((count & 7) != 0) {
            final int last = region + length - 1;
            buffer.putByte(last, (byte) (buffer.getByte(last) & ((1 << (count & 7)) - 1)));
        }
        return length;
    }

    /** One more than values, but none where there is no value. */
    static int offsetsLength(final int count) {
        return count == 0 ? 0 : (count + 1) * Integer.BYTES;
    }

    /** Values without children: fixed width, or offsets and bytes. */
    static final class OfScalar extends ArrowFieldWriter {
        private final ArrowKind kind;
        private final byte code;
        private final ValueType type;
        private final int data;
        private final long dataAddress;
        private final int bytes;
        private final int bytesLimit;
        private int bytesEnd;

        OfScalar(final ArrowField field, final Regions regions) {
            super(field, regions);
            this.kind = field.kind;
            this.code = field.code;
            this.type = field.type;
            this.data = regions.take(ArrowBatchLayout.dataLength(field, limit));
            this.dataAddress = buffer.addressOffset() + data;
            if (kind.isVariable()) {
                this.bytesLimit = regions.plan.lengths()[field.node];
                this.bytes = regions.take(bytesLimit);
                buffer.putInt(data, 0, LITTLE_ENDIAN);
            } else {
                this.bytesLimit = 0;
                this.bytes = 0;
            }
        }

        @Override
        boolean put(final TypedValues values, final int pos, final int i) {
            switch (code) {
                case ArrowField.BOOLEAN -> putBoolean(i, values.getBoolean(pos));
                case ArrowField.BYTE -> putByte(i, values.getByte(pos));
                case ArrowField.SHORT -> putShort(i, values.getShort(pos));
                case ArrowField.INT -> putInt(i, values.getInt(pos));
                case ArrowField.LONG -> putLong(i, values.getLong(pos));
                case ArrowField.FLOAT -> putFloat(i, values.getFloat(pos));
                case ArrowField.DOUBLE -> putDouble(i, values.getDouble(pos));
                case ArrowField.DATE -> putInt(i, values.getEpochDay(pos));
                case ArrowField.MILLIS -> putLong(i, values.getEpochMillis(pos, type.precision));
                case ArrowField.STRING -> {
                    return putString(values, pos, i);
                }
                default -> {
                    return putOther(values, pos, i);
                }
            }
            return true;
        }

        void putByte(final int i, final byte value) {
            assert i < limit;
            RawMemory.putByte(dataAddress + i, value);
        }

        void putShort(final int i, final short value) {
            assert i < limit;
            RawMemory.putShort(dataAddress + i * 2L, value);
        }

        void putInt(final int i, final int value) {
            assert i < limit;
            RawMemory.putInt(dataAddress + i * 4L, value);
        }

        void putLong(final int i, final long value) {
            assert i < limit;
            RawMemory.putLong(dataAddress + i * 8L, value);
        }

        void putFloat(final int i, final float value) {
            assert i < limit;
            RawMemory.putFloat(dataAddress + i * 4L, value);
        }

        void putDouble(final int i, final double value) {
            assert i < limit;
            RawMemory.putDouble(dataAddress + i * 8L, value);
        }

        void putBoolean(final int i, final boolean value) {
            assert i < limit;
            final long at = dataAddress + (i >>> 3);
            final int bit = i & 7;
            // The bits before it stay; those behind it go, and with the first all that the block held before.
            final int before = RawMemory.getByte(at) & (1 << bit) - 1;
            RawMemory.putByte(at, (byte) (before | (value ? 1 : 0) << bit));
        }

        /** What tables have more rarely; apart, so that the rest is short enough for the compiler to put it in place. */
        private boolean putOther(final TypedValues values, final int pos, final int i) {
            switch (kind) {
                case UTF8 -> {
                    return putChars(values, pos, i);
                }
                case BINARY -> {
                    return endVariable(i, values.copyBytes(pos, buffer, bytes + bytesEnd, bytesLimit - bytesEnd));
                }
                case FIXED_BINARY -> putFixedBinary(values, pos, i);
                case DECIMAL128 -> putDecimal(values, pos, dataAddress + i * 16L);
                case TIME_SECOND -> putInt(i, CheckedValues.millisOfDay(values, pos) / MILLIS_PER_SECOND);
                case TIME_MILLI -> putInt(i, CheckedValues.millisOfDay(values, pos));
                case TIME_MICRO -> putLong(i, (long) CheckedValues.millisOfDay(values, pos) * MICROS_PER_MILLI);
                case TIME_NANO -> putLong(i, (long) CheckedValues.millisOfDay(values, pos) * NANOS_PER_MILLI);
                case TIMESTAMP_SECOND, TIMESTAMP_MICRO, TIMESTAMP_NANO -> putLong(i, timestamp(values, pos));
                default -> throw new IllegalStateException("no values of kind " + kind);
            }
            return true;
        }

        boolean putString(final TypedValues values, final int pos, final int i) {
            return endVariable(i, values.copyString(pos, buffer, bytes + bytesEnd, bytesLimit - bytesEnd));
        }

        int precision() {
            return type.precision;
        }

        /** Where in the buffer the next value of variable length goes. */
        int bytesAt() {
            return bytes + bytesEnd;
        }

        /** How long it may be. */
        int bytesLeft() {
            return bytesLimit - bytesEnd;
        }

        private boolean putChars(final TypedValues values, final int pos, final int i) {
            final int at = bytes + bytesEnd;
            if (!putString(values, pos, i)) {
                return false;
            }
            CheckedValues.checkCharacters(buffer, at, bytes + bytesEnd - at, type);
            return true;
        }

        /** Takes in the bytes that a value has written to the end of the others, if they are not more than fit. */
        boolean endVariable(final int i, final int length) {
            final int end = bytesEnd + length;
            if (length < 0 || end < 0 || end > bytesLimit) {
                return refuseVariable(length);
            }
            bytesEnd = end;
            RawMemory.putInt(dataAddress + (i + 1) * 4L, end);
            return true;
        }

        private static boolean refuseVariable(final int length) {
            if (length < 0) {
                throw new Misfit("a value of " + length + " bytes");
            }
            return false;
        }

        private void putFixedBinary(final TypedValues values, final int pos, final int i) {
            final int width = field.width;
            final int at = data + i * width;
            final int length = values.copyBytes(pos, buffer, at, width);
            if (length < 0 || length > width) {
                throw new Misfit("a value of " + length + " bytes");
            }
            buffer.setMemory(at + length, width - length, (byte) 0);
        }

        private void putDecimal(final TypedValues values, final int pos, final long at) {
            if (type.precision <= DecimalBytes.MAX_COMPACT_PRECISION) {
                final long unscaled = CheckedValues.compactDecimal(values, pos, type);
                RawMemory.putLong(at, unscaled);
                RawMemory.putLong(at + 8, unscaled >> 63);
                return;
            }
            final BigInteger unscaled = values.getDecimal(pos, type.precision, type.scale)
                    .rescale(type.precision, type.scale)
                    .unscaledValue();
            if (!DecimalBytes.fits(unscaled, type.precision)) {
                throw new Misfit("a decimal of unscaled value " + unscaled);
            }
            RawMemory.putLong(at, unscaled.longValue());
            RawMemory.putLong(at + 8, unscaled.shiftRight(64).longValue());
        }

        private long timestamp(final TypedValues values, final int pos) {
            final long millis = values.getEpochMillis(pos, type.precision);
            if (kind == ArrowKind.TIMESTAMP_SECOND) {
                return Math.floorDiv(millis, MILLIS_PER_SECOND);
            }
            final int nanos = CheckedValues.nanoOfMillis(values, pos, type);
            try {
                return kind == ArrowKind.TIMESTAMP_MICRO
                        ? Math.addExact(Math.multiplyExact(millis, MICROS_PER_MILLI), nanos / NANOS_PER_MICRO)
                        : Math.addExact(Math.multiplyExact(millis, NANOS_PER_MILLI), nanos);
            } catch (ArithmeticException e) {
                throw new Misfit("a timestamp of " + millis + " ms, beyond what 64 bits hold in its unit");
            }
        }

        @Override
        void putNothing(final int i) {
            switch (kind) {
                case BOOLEAN -> putBoolean(i, false);
                case UTF8, BINARY -> RawMemory.putInt(dataAddress + (i + 1) * 4L, bytesEnd);
                default -> buffer.setMemory(data + i * field.width, field.width, (byte) 0);
            }
        }

        @Override
        void truncate(final int from, final int to) {
            super.truncate(from, to);
            if (kind.isVariable()) {
                bytesEnd = buffer.getInt(data + from * Integer.BYTES, LITTLE_ENDIAN);
            }
        }

        @Override
        void loadValues(final ArrowColumn source, final int from, final int count) {
            switch (kind) {
                case BOOLEAN -> copyBits(source.data(), from, dataAddress, count);
                case UTF8, BINARY -> loadBytes(source, from, count);
                default ->
                    RawMemory.copy(source.data() + (long) from * field.width, dataAddress, (long) count * field.width);
            }
        }

        private void loadBytes(final ArrowColumn source, final int from, final int count) {
            if (count == 0) {
                return;
            }
            final int start = source.offset(from);
            final int length = source.offset(from + count) - start;
            if (length > bytesLimit) {
                throw new IllegalArgumentException(length + " bytes where there is room for " + bytesLimit);
            }
            copyOffsets(source, from, dataAddress, count);
            RawMemory.copy(source.data() + start, buffer.addressOffset() + bytes, length);
            bytesEnd = length;
        }

        @Override
        void measure(final int count, final int[] counts, final int[] lengths) {
            counts[field.node] = count;
            lengths[field.node] = bytesEnd;
        }

        @Override
        void finishValues(final int count, final Sink sink) {
            switch (kind) {
                case BOOLEAN -> sink.addBuffer(data, bitsInUse(data, count));
                case UTF8, BINARY -> {
                    sink.addBuffer(data, offsetsLength(count));
                    sink.addBuffer(bytes, bytesEnd);
                }
                default -> sink.addBuffer(data, count * field.width);
            }
        }
    }

    /** Offsets into the values of children: the elements of arrays, the entries of maps. */
    abstract static sealed class OfElements extends ArrowFieldWriter {
        private final int offsets;

        /** The elements of all values so far, with those of a value that is being written. */
        int end;

        OfElements(final ArrowField field, final Regions regions) {
            super(field, regions);
            this.offsets = regions.take(ArrowBatchLayout.dataLength(field, limit));
            buffer.putInt(offsets, 0, LITTLE_ENDIAN);
        }

        /**
         * Takes room for the elements of one value, the last of which get the number before {@link #end}.
         *
         * @return false if there is not enough.
         */
        final boolean take(final int size, final int elementLimit) {
            if (size < 0) {
                throw new Misfit("a value of " + size + " elements");
            }
            if (size > elementLimit - end) {
                return false;
            }
            end += size;
            return true;
        }

        final void putOffset(final int i) {
            buffer.putInt(offsets + (i + 1) * Integer.BYTES, end, LITTLE_ENDIAN);
        }

        @Override
        final void putNothing(final int i) {
            putOffset(i);
        }

        @Override
        final void loadValues(final ArrowColumn source, final int from, final int count) {
            if (count > 0) {
                final int start = source.offset(from);
                end = source.offset(from + count) - start;
                copyOffsets(source, from, buffer.addressOffset() + offsets, count);
                loadElements(source.child(0), start, end);
            }
        }

        abstract void loadElements(ArrowColumn source, int from, int count);

        @Override
        final void truncate(final int from, final int to) {
            super.truncate(from, to);
            final int start = buffer.getInt(offsets + from * Integer.BYTES, LITTLE_ENDIAN);
            truncateElements(start, end);
            end = start;
        }

        abstract void truncateElements(int from, int to);

        @Override
        final void finishValues(final int count, final Sink sink) {
            sink.addBuffer(offsets, offsetsLength(count));
            finishElements(end, sink);
        }

        abstract void finishElements(int count, Sink sink);
    }

    /** Arrays. */
    static final class OfList extends OfElements {
        private static final int NONE = -1;

        private final ArrowFieldWriter element;
        private int current = NONE;

        OfList(final ArrowField field, final Regions regions) {
            super(field, regions);
            this.element = of(field.children[0], regions);
        }

        @Override
        boolean put(final TypedValues values, final int pos, final int i) {
            final InternalArray array = values.getArray(pos);
            final int size = array.size();
            if (!take(size, element.limit)) {
                return false;
            }
            final int first = end - size;
            for (int k = 0; k < size; k++) {
                current = k;
                if (!element.append(array, k, first + k)) {
                    return false;
                }
            }
            current = NONE;
            putOffset(i);
            return true;
        }

        @Override
        void loadElements(final ArrowColumn source, final int from, final int count) {
            element.load(source, from, count);
        }

        @Override
        void truncateElements(final int from, final int to) {
            current = NONE;
            element.truncate(from, to);
        }

        @Override
        ArrowField locate(final StringBuilder path) {
            return current == NONE
                    ? field
                    : element.locate(path.append('[').append(current).append(']'));
        }

        @Override
        void measure(final int count, final int[] counts, final int[] lengths) {
            counts[field.node] = count;
            element.measure(end, counts, lengths);
        }

        @Override
        void finishElements(final int count, final Sink sink) {
            element.finish(count, sink);
        }
    }

    /** Maps: arrays of entries, which are rows of key and value and never null. */
    static final class OfMap extends OfElements {
        private static final int NONE = -1;

        private final OfStruct entries;
        private final ArrowFieldWriter key;
        private final ArrowFieldWriter value;
        private int currentKey = NONE;
        private int currentValue = NONE;

        OfMap(final ArrowField field, final Regions regions) {
            super(field, regions);
            this.entries = new OfStruct(field.children[0], regions);
            this.key = entries.child(0);
            this.value = entries.child(1);
        }

        @Override
        boolean put(final TypedValues values, final int pos, final int i) {
            final InternalMap map = values.getMap(pos);
            final InternalArray keys = map.keys();
            final InternalArray mapped = map.values();
            final int size = keys.size();
            if (mapped.size() != size) {
                throw new Misfit(size + " keys with " + mapped.size() + " values");
            }
            if (!take(size, entries.limit)) {
                return false;
            }
            final int first = end - size;
            for (int k = 0; k < size; k++) {
                currentKey = k;
                if (!key.append(keys, k, first + k)) {
                    return false;
                }
            }
            currentKey = NONE;
            for (int k = 0; k < size; k++) {
                currentValue = k;
                if (!value.append(mapped, k, first + k)) {
                    return false;
                }
            }
            currentValue = NONE;
            putOffset(i);
            return true;
        }

        @Override
        void loadElements(final ArrowColumn source, final int from, final int count) {
            entries.load(source, from, count);
        }

        @Override
        void truncateElements(final int from, final int to) {
            currentKey = NONE;
            currentValue = NONE;
            entries.truncate(from, to);
        }

        @Override
        ArrowField locate(final StringBuilder path) {
            if (currentKey != NONE) {
                return key.locate(path.append('[').append(currentKey).append("].key"));
            }
            return currentValue == NONE
                    ? field
                    : value.locate(path.append('[').append(currentValue).append("].value"));
        }

        @Override
        void measure(final int count, final int[] counts, final int[] lengths) {
            counts[field.node] = count;
            entries.measure(end, counts, lengths);
        }

        @Override
        void finishElements(final int count, final Sink sink) {
            entries.finish(count, sink);
        }
    }

    /** Rows within rows: validity alone, and a child a field. */
    static final class OfStruct extends ArrowFieldWriter {
        private static final int NONE = -1;

        private final ArrowFieldWriter[] children;
        private int current = NONE;

        OfStruct(final ArrowField field, final Regions regions) {
            super(field, regions);
            this.children = new ArrowFieldWriter[field.children.length];
            for (int child = 0; child < children.length; child++) {
                children[child] = of(field.children[child], regions);
            }
        }

        ArrowFieldWriter child(final int index) {
            return children[index];
        }

        @Override
        boolean put(final TypedValues values, final int pos, final int i) {
            final InternalRow row = values.getRow(pos, children.length);
            final int fieldCount = row.fieldCount();
            if (fieldCount != children.length) {
                throw new Misfit("a row of " + fieldCount + " fields");
            }
            for (int child = 0; child < children.length; child++) {
                current = child;
                if (!children[child].append(row, child, i)) {
                    return false;
                }
            }
            current = NONE;
            return true;
        }

        @Override
        void putNothing(final int i) {
            for (final ArrowFieldWriter child : children) {
                child.putAbsent(i);
            }
        }

        @Override
        void loadValues(final ArrowColumn source, final int from, final int count) {
            for (int child = 0; child < children.length; child++) {
                children[child].load(source.child(child), from, count);
            }
        }

        @Override
        void truncate(final int from, final int to) {
            super.truncate(from, to);
            current = NONE;
            for (final ArrowFieldWriter child : children) {
                child.truncate(from, to);
            }
        }

        @Override
        ArrowField locate(final StringBuilder path) {
            return current == NONE
                    ? field
                    : children[current].locate(path.append('.').append(children[current].field.name));
        }

        @Override
        void measure(final int count, final int[] counts, final int[] lengths) {
            counts[field.node] = count;
            for (final ArrowFieldWriter child : children) {
                child.measure(count, counts, lengths);
            }
        }

        @Override
        void finishValues(final int count, final Sink sink) {
            for (final ArrowFieldWriter child : children) {
                child.finish(count, sink);
            }
        }
    }
}
