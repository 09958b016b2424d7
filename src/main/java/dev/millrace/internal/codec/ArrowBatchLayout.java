package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.ArrowMessageLayout.COMPRESSION_PREFIX_LENGTH;
import static dev.millrace.internal.codec.ArrowMessageLayout.NO_COMPRESSION;
import static dev.millrace.internal.codec.ArrowMessageLayout.padded;

import dev.millrace.row.InternalRow;
import dev.millrace.types.BinaryType;
import dev.millrace.types.CharType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DecimalType;
import dev.millrace.types.RowType;
import dev.millrace.types.TimeType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What all Arrow batches of one table and schema have in common, and how much room rows take in them. Immutable.
 *
 * <p>A batch under construction is one block. Its head (batch header and Arrow metadata) comes first, then each
 * column's regions, each as long as the planned number of rows needs:
 *
 * <pre>
 *  | head | [p] validity | [p] data             | [p] validity | [p] offsets | [p] bytes | ... | scratch |
 *           `-- fixed width: two regions        `-- variable width: three
 * </pre>
 *
 * <p>{@code [p]} is the room for the 8-byte prefix of a compressed buffer, and {@code scratch} the room to compress
 * the longest region into; a table without compression has neither. So a batch needs no memory but its block, from its
 * first row to its last retry.
 */
public final class ArrowBatchLayout {
    private static final int OFFSET_LENGTH = Integer.BYTES;

    /** What a value of variable length is taken to be before any was seen. */
    private static final int FIRST_GUESS_LENGTH = 16;

    final int columnCount;
    final String[] names;
    final DataType[] types;
    final ArrowKind[] kinds;
    final int[] widths;
    final int[] precisions;
    final int[] scales;
    final boolean[] notNull;
    final int schemaId;
    final ArrowMessageLayout message;
    final boolean compressed;
    final int bufferCount;

    /**
     * @param rowType the table's columns
     * @param schemaId the id under which the server knows them
     * @param codec the Arrow codec id of the table, or -1 for none
     */
    public ArrowBatchLayout(final RowType rowType, final int schemaId, final int codec) {
        final List<DataField> fields = rowType.fields();
        this.columnCount = fields.size();
        this.schemaId = schemaId;
        this.names = new String[columnCount];
        this.types = new DataType[columnCount];
        this.kinds = new ArrowKind[columnCount];
        this.widths = new int[columnCount];
        this.precisions = new int[columnCount];
        this.scales = new int[columnCount];
        this.notNull = new boolean[columnCount];
        int buffers = 0;
        for (int column = 0; column < columnCount; column++) {
            describe(column, fields.get(column));
            buffers += kinds[column].bufferCount();
        }
        this.bufferCount = buffers;
        this.compressed = codec != NO_COMPRESSION;
        this.message = new ArrowMessageLayout(codec, columnCount, buffers);
    }

    private void describe(final int column, final DataField field) {
        final DataType type = field.dataType();
        names[column] = field.name();
        types[column] = type;
        kinds[column] = ArrowKind.of(type);
        notNull[column] = !type.isNullable();
        widths[column] = kinds[column].width();
        if (kinds[column].isNested()) {
            throw new UnsupportedOperationException(
                    "column " + field.name() + " of type " + type + " cannot be written yet");
        }
        switch (type) {
            case CharType t -> precisions[column] = t.length();
            case BinaryType t -> widths[column] = t.length();
            case DecimalType t -> {
                precisions[column] = t.precision();
                scales[column] = t.scale();
            }
            case TimeType t -> precisions[column] = t.precision();
            case TimestampType t -> precisions[column] = t.precision();
            case TimestampLtzType t -> precisions[column] = t.precision();
            default -> {
                // Nothing to remember.
            }
        }
    }

    /** The bytes before the first region; a multiple of 8. */
    int headLength() {
        return padded(LogBatchLayout.HEADER_LENGTH + message.length());
    }

    /** A plan that knows nothing of the values yet. */
    public Sizing newSizing() {
        return new Sizing();
    }

    /**
     * How many rows a block is divided for, and how many bytes each column of variable length gets.
     *
     * @param blockLength the block to be got, in bytes.
     * @param batchLength the most bytes that the batch in it can have on the wire.
     */
    public record Plan(int rows, int[] variableLengths, int blockLength, int batchLength) {}

    /**
     * Learns how long the values of a table's bucket are, so that blocks are divided well: if the lengths stay what
     * they were, all columns are full at about the same row. Not safe for threads.
     */
    public final class Sizing {
        private static final int FRACTION = 16;
        // Mean bytes a value, in sixteenths.
        private final long[] meanLengths = new long[columnCount];

        private Sizing() {
            Arrays.fill(meanLengths, FIRST_GUESS_LENGTH * FRACTION);
        }

        /** Divides a block of about {@code blockLength} bytes; at least one row, so a small block may grow. */
        public Plan plan(final int blockLength) {
            final int rows = Math.max(1, rowsFor(blockLength));
            final int[] lengths = new int[columnCount];
            for (int column = 0; column < columnCount; column++) {
                if (kinds[column].isVariable()) {
                    lengths[column] = padded(saturated(rows * paddedMean(column) / FRACTION + 1));
                }
            }
            return planOf(rows, lengths, blockLength);
        }

        /** A plan of about {@code blockLength} bytes that holds {@code row} in any case. */
        public Plan planFor(final InternalRow row, final int blockLength) {
            final Plan plan = plan(blockLength);
            final int[] lengths = lengthsOf(row);
            for (int column = 0; column < columnCount; column++) {
                lengths[column] = Math.max(lengths[column], plan.variableLengths()[column]);
            }
            return planOf(plan.rows(), lengths, blockLength);
        }

        /** The plan for {@code row} and nothing else. */
        public Plan planForAlone(final InternalRow row) {
            return planOf(1, lengthsOf(row), 0);
        }

        private int[] lengthsOf(final InternalRow row) {
            final int[] lengths = new int[columnCount];
            for (int column = 0; column < columnCount; column++) {
                if (kinds[column].isVariable()) {
                    lengths[column] = padded(variableLength(row, column));
                }
            }
            return lengths;
        }

        /** Takes in the lengths of a batch that is done. */
        public void observe(final ArrowBatchBuilder batch) {
            final int rows = batch.rowCount();
            // One row says nothing of the others, least of all one so long that it went alone.
            if (rows < 2) {
                return;
            }
            for (int column = 0; column < columnCount; column++) {
                if (kinds[column].isVariable()) {
                    final long mean = (long) batch.variableLength(column) * FRACTION / rows + 1;
                    // Up at once, down slowly: too short a column closes a batch early, too long a one wastes a little.
                    meanLengths[column] = Math.max(mean, (meanLengths[column] * 3 + mean) / 4);
                }
            }
        }

        private long paddedMean(final int column) {
            return meanLengths[column] + (meanLengths[column] >>> 5) + 1;
        }

        private int rowsFor(final int blockLength) {
            long bits = 0;
            long longest = 0;
            for (int column = 0; column < columnCount; column++) {
                bits += 1;
                if (kinds[column].isVariable()) {
                    final long dataBits = paddedMean(column) * (long) Byte.SIZE / FRACTION + 1;
                    bits += OFFSET_LENGTH * Byte.SIZE + dataBits;
                    longest = Math.max(longest, Math.max(dataBits, OFFSET_LENGTH * Byte.SIZE));
                } else {
                    final long dataBits = kinds[column] == ArrowKind.BOOLEAN ? 1 : widths[column] * (long) Byte.SIZE;
                    bits += dataBits;
                    longest = Math.max(longest, dataBits);
                }
            }
            if (compressed) {
                bits += longest + (longest >>> 7) + 1;
            }
            final long overhead = headLength()
                    + bufferCount * (2L * ArrowMessageLayout.ALIGNMENT + prefixLength())
                    + scratchOverhead();
            return (int) Math.min(Integer.MAX_VALUE / 64, (blockLength - overhead) * Byte.SIZE / bits);
        }

        private int scratchOverhead() {
            return compressed ? 1024 : 0;
        }
    }

    int prefixLength() {
        return compressed ? COMPRESSION_PREFIX_LENGTH : 0;
    }

    int validityLength(final int rows) {
        return padded((rows + 7) >>> 3);
    }

    /** The second buffer's: values, or offsets. */
    int dataLength(final int column, final int rows) {
        return switch (kinds[column]) {
            case BOOLEAN -> validityLength(rows);
            case UTF8, BINARY -> padded(Math.multiplyExact(rows + 1, OFFSET_LENGTH));
            default -> padded(Math.multiplyExact(rows, widths[column]));
        };
    }

    /** The bytes of a row's value in a column of variable length; 0 for null. */
    private int variableLength(final InternalRow row, final int column) {
        if (row.isNullAt(column)) {
            return 0;
        }
        try {
            return kinds[column] == ArrowKind.UTF8
                    ? row.copyString(column, NOTHING, 0, 0)
                    : row.copyBytes(column, NOTHING, 0, 0);
        } catch (RuntimeException e) {
            // The append that follows meets the same failure and reports it with all it knows.
            return 0;
        }
    }

    private static final UnsafeBuffer NOTHING = dev.millrace.internal.memory.OffHeap.wrap(new byte[0]);

    private Plan planOf(final int rows, final int[] variableLengths, final int blockLength) {
        long batch = headLength();
        int longest = 0;
        for (int column = 0; column < columnCount; column++) {
            final int data = dataLength(column, rows);
            batch += prefixLength() + validityLength(rows) + prefixLength() + data;
            longest = Math.max(longest, data);
            if (kinds[column].isVariable()) {
                batch += prefixLength() + variableLengths[column];
                longest = Math.max(longest, variableLengths[column]);
            }
        }
        final long block = batch + (compressed ? BufferCompressor.bound(longest) : 0);
        return new Plan(rows, variableLengths, saturated(Math.max(blockLength, block)), saturated(batch));
    }

    private static int saturated(final long length) {
        return (int) Math.min(length, Integer.MAX_VALUE);
    }
}
