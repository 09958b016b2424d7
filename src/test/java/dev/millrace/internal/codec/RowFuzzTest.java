package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.support.Cases;
import dev.millrace.types.DataField;
import dev.millrace.types.RowType;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damaged bytes of every format of this package but Arrow: they may be read as some other value, or refused by a
 * CorruptDataException, and nothing else. The memory is as long as the bytes, and Agrona's bounds checks are on, so that
 * a read outside would be an IndexOutOfBoundsException.
 */
class RowFuzzTest {
    /** What views become after many rows is tried with every so manieth schema. */
    private static final int UNROLLED_EACH = 8;

    private static final int DAMAGES = 100;
    private static final int ROWS_A_BATCH = 3;
    private static final int VALUE_BATCH_HEADER_LENGTH = 9;
    private static final int[] EXTREMES = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x7FFFFFF8, 0, 1, 0xFFFF};

    // What a damaged input may allocate at most for each of its bytes while all of it is read, and in any case.
    private static final long ALLOCATION_PER_BYTE = 2_000;
    private static final long ALLOCATION_IN_ANY_CASE = 200_000;

    private enum Container {
        ROW,
        KV_VALUE,
        LOG_BATCH,
        VALUE_BATCH
    }

    /** Bytes that are as they should be, and where in them four bytes are a length or a count. */
    private record Sound(byte[] bytes, List<Integer> lengthFields) {}

    @ParameterizedTest
    @EnumSource
    void shouldSurviveDamagedRows(final RowFormat format) {
        fuzz(format, Container.ROW);
    }

    @ParameterizedTest
    @EnumSource
    void shouldSurviveDamagedKvValues(final RowFormat format) {
        fuzz(format, Container.KV_VALUE);
    }

    @ParameterizedTest
    @EnumSource
    void shouldSurviveDamagedLogBatches(final RowFormat format) {
        fuzz(format, Container.LOG_BATCH);
    }

    @ParameterizedTest
    @EnumSource
    void shouldSurviveDamagedValueBatches(final RowFormat format) {
        fuzz(format, Container.VALUE_BATCH);
    }

    private static void fuzz(final RowFormat format, final Container container) {
        int inputs = 0;
        int refused = 0;
        for (long seed = Cases.SEED; inputs < Cases.COUNT; seed++) {
            final Random random = new Random(seed);
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(8, 2);
            final Sound sound = sound(format, container, type, cases);
            final byte[] bytes = sound.bytes;
            final RowView view = format.newView(type);
            if (seed % UNROLLED_EACH == 0) {
                RowCases.unrolled(view);
            }
            assertThat(survives(view, container, type, bytes, seed, Long.MAX_VALUE))
                    .as("seed %d", seed)
                    .isTrue();
            // The very first reads load classes.
            final long allowed =
                    seed == Cases.SEED ? Long.MAX_VALUE : ALLOCATION_IN_ANY_CASE + ALLOCATION_PER_BYTE * bytes.length;
            for (int length = 0; length < bytes.length; length += 1 + bytes.length / DAMAGES) {
                refused += survives(view, container, type, Arrays.copyOf(bytes, length), seed, allowed) ? 0 : 1;
                inputs++;
            }
            for (final int at : sound.lengthFields) {
                for (final int extreme : EXTREMES) {
                    final byte[] damaged = bytes.clone();
                    putInt(damaged, at, extreme);
                    refused += survives(view, container, type, damaged, seed, allowed) ? 0 : 1;
                    inputs++;
                }
            }
            for (int i = 0; i < DAMAGES; i++) {
                refused += survives(view, container, type, damaged(bytes, random), seed, allowed) ? 0 : 1;
                inputs++;
            }
        }
        assertThat(refused).as("refused of %d", inputs).isGreaterThan(inputs / 10);
    }

    private static Sound sound(
            final RowFormat format, final Container container, final RowType type, final RowCases cases) {
        final UnsafeBuffer target = RowCases.usedMemory(1 << 18);
        final RowEncoder encoder = format.newEncoder(type);
        final boolean isBatch = container == Container.LOG_BATCH || container == Container.VALUE_BATCH;
        final int head = headLength(container);
        final List<Integer> lengths = new ArrayList<>();
        int at = container == Container.LOG_BATCH
                ? LogBatchLayout.HEADER_LENGTH
                : isBatch ? VALUE_BATCH_HEADER_LENGTH : 0;
        for (int i = 0; i < (isBatch ? ROWS_A_BATCH : 1); i++) {
            final int row = encoder.encode(
                    RowCases.toOurs(type, cases.row(type)), target, at + head, target.capacity() - at - head);
            if (isBatch) {
                lengths.add(at);
                target.putInt(at, head - Integer.BYTES + row, ByteOrder.LITTLE_ENDIAN);
            }
            switch (container) {
                case LOG_BATCH -> target.putByte(at + Integer.BYTES, (byte) i);
                case VALUE_BATCH -> KvValue.putSchemaId(target, at + Integer.BYTES, 1);
                case KV_VALUE -> KvValue.putSchemaId(target, at, 1);
                case ROW -> {
                    // Has no head.
                }
            }
            lengths.addAll(lengthFields(format, type, at + head, row));
            at += head + row;
        }
        if (container == Container.LOG_BATCH) {
            LogBatchLayout.putHeader(target, 0, at, 1, (byte) 0, ROWS_A_BATCH);
            lengths.add(LogBatchLayout.LENGTH_OFFSET);
            lengths.add(LogBatchLayout.RECORD_COUNT_OFFSET);
        } else if (isBatch) {
            target.putInt(0, at - Integer.BYTES, ByteOrder.LITTLE_ENDIAN);
            target.putByte(4, (byte) 0);
            target.putInt(5, ROWS_A_BATCH, ByteOrder.LITTLE_ENDIAN);
            lengths.add(0);
            lengths.add(5);
        }
        return new Sound(RowCases.bytes(target, 0, at), lengths);
    }

    private static int headLength(final Container container) {
        return switch (container) {
            case ROW -> 0;
            case KV_VALUE -> KvValue.ROW_OFFSET;
            case LOG_BATCH -> RowLogBatchBuilder.RECORD_HEAD_LENGTH;
            case VALUE_BATCH -> Integer.BYTES + KvValue.ROW_OFFSET;
        };
    }

    /** The lengths at the front of an indexed row; those of a compacted one lie anywhere. */
    private static List<Integer> lengthFields(
            final RowFormat format, final RowType type, final int row, final int length) {
        final List<Integer> fields = new ArrayList<>();
        int at = row + RowFields.nullBitsLength(type.fieldCount());
        for (final DataField field : type.fields()) {
            if (format == RowFormat.INDEXED && IndexedRowEncoder.hasLength(ValueKind.of(field.dataType()))) {
                fields.add(at);
                at += Integer.BYTES;
            }
        }
        return at <= row + length ? fields : List.of();
    }

    private static byte[] damaged(final byte[] sound, final Random random) {
        final byte[] bytes = sound.clone();
        final int wounds = 1 + random.nextInt(3);
        for (int i = 0; i < wounds; i++) {
            final int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = random.nextBoolean() ? (byte) 0xFF : (byte) 0x80;
                default -> putInt(bytes, at, EXTREMES[random.nextInt(EXTREMES.length)]);
            }
        }
        return bytes;
    }

    /** As much of a number as there is room for. */
    private static void putInt(final byte[] bytes, final int at, final int value) {
        for (int b = 0; b < Integer.BYTES && at + b < bytes.length; b++) {
            bytes[at + b] = (byte) (value >>> 8 * b);
        }
    }

    /** Reads everything; false if it was refused as it should be. */
    private static boolean survives(
            final RowView row,
            final Container container,
            final RowType type,
            final byte[] bytes,
            final long seed,
            final long allowed) {
        final ByteBuffer memory =
                ByteBuffer.allocateDirect(Math.max(1, bytes.length)).put(bytes);
        final UnsafeBuffer buffer = OffHeap.wrap(memory, 0, bytes.length);
        final long before = allocated();
        try {
            switch (container) {
                case ROW -> {
                    row.wrap(buffer, 0, bytes.length);
                    readAll(type, row);
                }
                case KV_VALUE -> {
                    KvValue.schemaId(buffer, 0, bytes.length);
                    row.wrap(buffer, KvValue.ROW_OFFSET, bytes.length - KvValue.ROW_OFFSET);
                    readAll(type, row);
                }
                case LOG_BATCH -> readLog(row, type, memory, bytes.length);
                case VALUE_BATCH -> readValues(row, type, buffer);
            }
            return true;
        } catch (CorruptDataException e) {
            assertThat(e.getMessage()).contains("damaged");
            return false;
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ", " + type + ": " + Arrays.toString(bytes), e);
        } finally {
            assertThat(allocated() - before)
                    .as("bytes allocated for an input of %d, seed %d, %s", bytes.length, seed, type)
                    .isLessThan(allowed);
        }
    }

    private static void readLog(final RowView row, final RowType type, final ByteBuffer memory, final int length) {
        final LogBatchReader batches = new LogBatchReader().wrap(memory, 0, length);
        final RowLogReader records = new RowLogReader(row);
        boolean any = false;
        while (batches.next()) {
            any = true;
            records.wrap(batches);
            while (records.next()) {
                readAll(type, records.row());
            }
        }
        if (!any) {
            throw new CorruptDataException("damaged: no complete batch");
        }
    }

    private static void readValues(final RowView row, final RowType type, final UnsafeBuffer buffer) {
        final ValueBatchReader values = new ValueBatchReader();
        values.wrap(buffer, 0, buffer.capacity());
        while (values.next()) {
            row.wrap(buffer, values.rowOffset(), values.rowLength());
            readAll(type, row);
        }
    }

    private static void readAll(final RowType type, final RowView row) {
        RowCases.fromOurs(type, row);
        assertThat(row.toString()).isNotNull();
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    @Test
    void shouldSayWhereAndWhatIsDamaged() {
        final RowType type =
                RowFormatTest.row(dev.millrace.types.DataTypes.INT(), dev.millrace.types.DataTypes.STRING());
        final UnsafeBuffer bytes = RowCases.memoryOf(new byte[] {0, 1, 9, 'a'});
        final RowView row = RowFormat.COMPACTED.newView(type);
        assertThatThrownBy(() -> row.wrap(bytes, 0, 4))
                .isInstanceOf(CorruptDataException.class)
                .hasMessage("damaged compacted row: byte 3 of 4, column c1 of type STRING: a value of 9 bytes, of"
                        + " which 1 are there");
        assertThat(row.isNullAt(0)).isTrue();
        assertThatThrownBy(() -> row.wrap(RowCases.memoryOf(new byte[] {2, 1, 0}), 0, 3))
                .isInstanceOf(CorruptDataException.class)
                .hasMessage("damaged compacted row: 1 of 3 bytes are left over after 2 fields");
    }
}
