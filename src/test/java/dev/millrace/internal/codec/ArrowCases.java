package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.interop.OfficialLog;
import dev.millrace.types.ArrayType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.DataType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import dev.millrace.types.TimeType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.compression.ArrowCompressionInfo;
import org.jspecify.annotations.Nullable;

/** The rows of {@link RowCases} as Arrow batches of the official encoder, and ways to read such batches. */
public final class ArrowCases {
    private static final int MILLIS_PER_SECOND = 1_000;
    private static final int NANOS_PER_MICRO = 1_000;
    /** About 285 years: nanoseconds since the epoch must fit 64 bits. */
    private static final long MAX_MILLIS_OF_NANOS = 9_000_000_000_000L;

    private ArrowCases() {}

    public static List<List<@Nullable Object>> rows(final RowCases cases, final RowType type, final int count) {
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(fitRow(type, cases.row(type)));
        }
        return rows;
    }

    static byte[] batch(final RowType type, final ArrowCompressionInfo codec, final List<List<@Nullable Object>> rows) {
        return OfficialLog.batch(
                RowCases.official(type),
                codec,
                rows.stream().map(row -> RowCases.toOfficial(type, row)).toList());
    }

    static ArrowLayout layout(final RowType type) {
        return ArrowLayout.of(type, IntStream.range(0, type.fieldCount()).toArray());
    }

    /** The batch in direct memory of just its length, decompressed. */
    static ArrowBatch read(final ArrowLayout layout, final byte[] bytes, final boolean exact) {
        final LogBatchReader reader = new LogBatchReader().wrap(direct(bytes), 0, bytes.length);
        if (!reader.next()) {
            throw new AssertionError("no batch in " + bytes.length + " bytes");
        }
        reader.checkCrc();
        final ArrowBatch batch = new ArrowBatch(layout);
        batch.wrap(reader, exact);
        try (BufferDecompressor decompressor = new BufferDecompressor()) {
            batch.decompress(decompressor, target(batch.decompressedLength()));
        }
        return batch;
    }

    static LogRow row(final ArrowBatch batch, final Lease lease) {
        return batch.layout().newRow(lease);
    }

    static Lease lease() {
        return new Lease(null, "closed");
    }

    static UnsafeBuffer target(final int length) {
        return OffHeap.wrap(ByteBuffer.allocateDirect(length), 0, length);
    }

    static ByteBuffer direct(final byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).clear();
    }

    // ---- what Arrow can hold -------------------------------------------------------------------------------------

    private static List<@Nullable Object> fitRow(final RowType type, final List<@Nullable Object> values) {
        final List<@Nullable Object> fitted = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            fitted.add(fit(type.typeAt(i), values.get(i)));
        }
        return fitted;
    }

    /** Fixed-length bytes in full, and times in the unit of their column. */
    @SuppressWarnings("unchecked")
    private static @Nullable Object fit(final DataType type, final @Nullable Object value) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case BinaryType t -> value + "00".repeat(t.length() - ((String) value).length() / 2);
            case TimeType t -> t.precision() == 0 ? (Integer) value / MILLIS_PER_SECOND * MILLIS_PER_SECOND : value;
            case TimestampType t -> fit((RowCases.Millis) value, t.precision());
            case TimestampLtzType t -> fit((RowCases.Millis) value, t.precision());
            case ArrayType t -> fitAll(t.elementType(), (List<@Nullable Object>) value);
            case MapType t -> {
                final List<Object> entries = new ArrayList<>();
                for (final Object entry : (List<Object>) value) {
                    final List<@Nullable Object> pair = (List<@Nullable Object>) entry;
                    final List<@Nullable Object> fitted = new ArrayList<>();
                    fitted.add(fit(t.keyType(), pair.get(0)));
                    fitted.add(fit(t.valueType(), pair.get(1)));
                    entries.add(fitted);
                }
                yield entries;
            }
            case RowType t -> fitRow(t, (List<@Nullable Object>) value);
            default -> value;
        };
    }

    private static List<@Nullable Object> fitAll(final DataType type, final List<@Nullable Object> values) {
        final List<@Nullable Object> fitted = new ArrayList<>();
        for (final Object value : values) {
            fitted.add(fit(type, value));
        }
        return fitted;
    }

    private static RowCases.Millis fit(final RowCases.Millis value, final int precision) {
        if (precision == 0) {
            return new RowCases.Millis(value.millis() / MILLIS_PER_SECOND * MILLIS_PER_SECOND, 0);
        } else if (precision <= 3) {
            return value;
        } else if (precision <= 6) {
            return new RowCases.Millis(value.millis(), value.nanos() / NANOS_PER_MICRO * NANOS_PER_MICRO);
        }
        return new RowCases.Millis(value.millis() % MAX_MILLIS_OF_NANOS, value.nanos());
    }
}
