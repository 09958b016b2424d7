package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.RowEncoder.NO_ROOM;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.RowConversionException;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.TypedValues;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Writes the values of one ARRAY, MAP or ROW type within a row or another nested value. Immutable. */
abstract sealed class NestedEncoder {
    /** The encoder of a nested type; null for any other. */
    static @Nullable NestedEncoder of(final ValueType type, final RowFormat format) {
        return switch (type.kind) {
            case ValueKind.ARRAY -> new OfArray(elementOf(type), format);
            case ValueKind.MAP -> new OfMap(type, format);
            case ValueKind.ROW -> new OfRow(fieldsOf(type), format);
            default -> null;
        };
    }

    static ValueType elementOf(final ValueType type) {
        return required(type.element, type);
    }

    static ValueType keyOf(final ValueType type) {
        return required(type.key, type);
    }

    static RowFields fieldsOf(final ValueType type) {
        return required(type.fields, type);
    }

    private static <T> T required(final @Nullable T part, final ValueType type) {
        if (part == null) {
            throw new IllegalArgumentException(type + " is no nested type");
        }
        return part;
    }

    /** Writes the value at a position; gives its length, or {@link RowEncoder#NO_ROOM}. */
    abstract int encode(TypedValues values, int pos, UnsafeBuffer target, int offset, int maxLength);

    /** The room that certainly holds the value at a position; 0 for one that cannot be read, which encoding reports. */
    final long lengthBound(final TypedValues values, final int pos) {
        try {
            return values.isNullAt(pos) ? 0 : boundOf(values, pos);
        } catch (RuntimeException e) {
            return 0;
        }
    }

    abstract long boundOf(TypedValues values, int pos);

    /**
     * A binary array.
     *
     * <pre>
     *   [size: int][null bits, a multiple of 4 bytes][slots][0 to 7 zeros][what does not fit a slot] ...
     * </pre>
     */
    static final class OfArray extends NestedEncoder {
        private final ValueType element;
        private final int slotLength;
        private final @Nullable NestedEncoder nested;

        OfArray(final ValueType element, final RowFormat format) {
            this.element = element;
            this.slotLength = element.slotLength();
            this.nested = of(element, format);
        }

        @Override
        int encode(
                final TypedValues values,
                final int pos,
                final UnsafeBuffer target,
                final int offset,
                final int maxLength) {
            return encode(values.getArray(pos), target, offset, maxLength);
        }

        int encode(final InternalArray array, final UnsafeBuffer target, final int offset, final int maxLength) {
            final int size = array.size();
            final int head = ArrayView.headLength(size);
            final long fixedLength = Slots.padded(head + (long) size * slotLength);
            if (fixedLength > maxLength) {
                return NO_ROOM;
            }
            target.setMemory(offset, (int) fixedLength, (byte) 0);
            target.putInt(offset, size, LITTLE_ENDIAN);
            int tail = (int) fixedLength;
            int i = 0;
            try {
                for (; i < size; i++) {
                    if (array.isNullAt(i)) {
                        putNull(target, offset, i);
                        continue;
                    }
                    final int slot = offset + head + i * slotLength;
                    tail = Slots.put(array, i, element, nested, target, offset, slot, tail, maxLength);
                    if (tail < 0) {
                        return NO_ROOM;
                    }
                }
            } catch (Misfit e) {
                throw new RowConversionException(
                        "element " + i + " of type " + element + " cannot hold " + e.getMessage());
            } catch (RuntimeException e) {
                throw new RowConversionException("element " + i + " of type " + element + ": " + e.getMessage(), e);
            }
            return tail;
        }

        private void putNull(final UnsafeBuffer target, final int offset, final int i) {
            if (element.notNull) {
                throw new Misfit("null");
            }
            final int at = offset + Integer.BYTES + (i >>> 3);
            target.putByte(at, (byte) (target.getByte(at) | 1 << (i & 7)));
        }

        @Override
        long boundOf(final TypedValues values, final int pos) {
            return boundOf(values.getArray(pos));
        }

        long boundOf(final InternalArray array) {
            final int size = array.size();
            long bound = Slots.padded(ArrayView.headLength(size) + (long) size * slotLength);
            if (slotLength == Long.BYTES) {
                for (int i = 0; i < size; i++) {
                    bound += Slots.tailBound(array, i, element, nested);
                }
            }
            return bound;
        }
    }

    /**
     * A binary map.
     *
     * <pre>
     *   [length of the keys: int][keys: binary array][values: binary array]
     * </pre>
     */
    static final class OfMap extends NestedEncoder {
        private final OfArray keys;
        private final OfArray entries;

        OfMap(final ValueType type, final RowFormat format) {
            this.keys = new OfArray(keyOf(type), format);
            this.entries = new OfArray(elementOf(type), format);
        }

        @Override
        int encode(
                final TypedValues values,
                final int pos,
                final UnsafeBuffer target,
                final int offset,
                final int maxLength) {
            final InternalMap map = values.getMap(pos);
            final InternalArray mapKeys = map.keys();
            final InternalArray mapValues = map.values();
            if (mapKeys.size() != mapValues.size()) {
                throw new Misfit(mapKeys.size() + " keys with " + mapValues.size() + " values");
            }
            if (maxLength < Integer.BYTES) {
                return NO_ROOM;
            }
            final int keysLength = keys.encode(mapKeys, target, offset + Integer.BYTES, maxLength - Integer.BYTES);
            if (keysLength < 0) {
                return NO_ROOM;
            }
            target.putInt(offset, keysLength, LITTLE_ENDIAN);
            final int head = Integer.BYTES + keysLength;
            final int valuesLength = entries.encode(mapValues, target, offset + head, maxLength - head);
            return valuesLength < 0 ? NO_ROOM : head + valuesLength;
        }

        @Override
        long boundOf(final TypedValues values, final int pos) {
            final InternalMap map = values.getMap(pos);
            return Integer.BYTES + keys.boundOf(map.keys()) + entries.boundOf(map.values());
        }
    }

    /** A row in the format of the row around it. */
    static final class OfRow extends NestedEncoder {
        private final RowEncoder encoder;
        private final int fieldCount;

        OfRow(final RowFields fields, final RowFormat format) {
            this.encoder = format.newEncoder(fields);
            this.fieldCount = fields.count;
        }

        @Override
        int encode(
                final TypedValues values,
                final int pos,
                final UnsafeBuffer target,
                final int offset,
                final int maxLength) {
            return encoder.encode(values.getRow(pos, fieldCount), target, offset, maxLength);
        }

        @Override
        long boundOf(final TypedValues values, final int pos) {
            return encoder.lengthBound(values.getRow(pos, fieldCount));
        }
    }
}
