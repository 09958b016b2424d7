package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.ArrowMessageLayout.COMPRESSION_PREFIX_LENGTH;
import static dev.millrace.internal.codec.ArrowMessageLayout.NO_COMPRESSION;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TypedValues;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What all Arrow batches of one table and schema have in common, and how much room rows take in them. Safe for any number
 * of threads.
 *
 * <p>A batch under construction is one block. Its head (batch header and Arrow metadata) comes first, then each
 * field's regions, each as long as the planned number of values needs; children follow their parent:
 *
 * <pre>
 *  | head | [p] validity | [p] data             | [p] validity | [p] offsets | [p] bytes | ... | scratch |
 *           `-- fixed width: two regions        `-- variable width: three
 *           array or map: validity and offsets, then its child; row: validity, then its children
 * </pre>
 *
 * <p>The rows are counted beforehand. How many bytes and elements come with so many rows is learnt from the batches
 * before: a plan gives each field the room that the mean row took. If a row finds one region full, the batch is full.
 *
 * <p>{@code [p]} is the room for the 8-byte prefix of a compressed buffer, and {@code scratch} the room to compress
 * the longest region into; a table without compression has neither. So a batch needs no memory but its block, from its
 * first row to its last retry.
 */
public final class ArrowBatchLayout {
    private static final int OFFSET_LENGTH = Integer.BYTES;

    /** What a value of variable length is taken to be before any was seen. */
    private static final int FIRST_GUESS_LENGTH = 16;

    /** What an array or map is taken to have before any was seen. */
    private static final int FIRST_GUESS_ELEMENTS = 4;

    private static final int ROWS_UNTIL_UNROLLED = 4_096;

    private static final UnsafeBuffer NOTHING = OffHeap.wrap(new byte[0]);

    final ArrowField[] columns;

    /** The columns and their children, in their order on the wire. */
    final ArrowField[] fields;

    final int schemaId;
    final ArrowMessageLayout message;
    private final boolean compressed;
    private final int bufferCount;
    // Both racy by intent: a batch more or a class more does no harm.
    private int rowsUntilUnrolled = ROWS_UNTIL_UNROLLED;
    private ArrowColumnLoop loop = new UnrolledColumnLoop();

    /**
     * @param rowType the table's columns
     * @param schemaId the id under which the server knows them
     * @param codec the Arrow codec id of the table, or -1 for none
     */
    public ArrowBatchLayout(final RowType rowType, final int schemaId, final int codec) {
        final List<ArrowField> all = new ArrayList<>();
        this.columns = ArrowField.columnsOf(rowType, all);
        this.fields = all.toArray(new ArrowField[0]);
        this.schemaId = schemaId;
        int buffers = 0;
        for (final ArrowField field : fields) {
            buffers += field.kind.bufferCount();
        }
        this.bufferCount = buffers;
        this.compressed = codec != NO_COMPRESSION;
        this.message = new ArrowMessageLayout(codec, fields.length, buffers);
    }

    /** What writes a row to the columns of a batch. */
    ArrowColumnLoop loop() {
        return loop;
    }

    /**
     * Takes note of a batch that is done. A table that gets many rows is worth a loop of its own, which costs some
     * milliseconds to make; this is called by the thread that sends.
     */
    void noteRows(final int rows) {
        if (rowsUntilUnrolled > 0) {
            rowsUntilUnrolled -= rows;
            if (rowsUntilUnrolled <= 0) {
                unroll();
            }
        }
    }

    /** From the next batch on writes by a loop of these columns' own, where the JVM makes classes at run time. */
    void unroll() {
        loop = ArrowColumnLoop.of(columns);
    }

    /** The bytes before the first region; a multiple of 8. */
    int headLength() {
        return (int) padded(LogBatchLayout.HEADER_LENGTH + message.length());
    }

    int prefixLength() {
        return compressed ? COMPRESSION_PREFIX_LENGTH : 0;
    }

    static long validityLength(final long count) {
        return padded((count + 7) >>> 3);
    }

    /** The second buffer's: values, or offsets; 0 where there is none. */
    static long dataLength(final ArrowField field, final long count) {
        return switch (field.kind) {
            case BOOLEAN -> validityLength(count);
            case UTF8, BINARY, LIST, MAP -> padded((count + 1) * OFFSET_LENGTH);
            default -> padded(count * field.width);
        };
    }

    private static long padded(final long length) {
        return length + ArrowMessageLayout.ALIGNMENT - 1 & -ArrowMessageLayout.ALIGNMENT;
    }

    /** A plan that knows nothing of the values yet. */
    public Sizing newSizing() {
        return new Sizing();
    }

    /**
     * How many rows a block is divided for, and how many values and bytes each field gets.
     *
     * @param counts of all fields, the values there is room for.
     * @param lengths of all fields, the bytes there are for values of variable length.
     * @param blockLength the block to be got, in bytes.
     * @param batchLength the most bytes that the batch in it can have on the wire.
     */
    public record Plan(int rows, int[] counts, int[] lengths, int blockLength, int batchLength) {}

    /**
     * Learns how many elements and bytes come with a row of a table's bucket, so that blocks are divided well: if that
     * stays what it was, all regions are full at about the same row. Not safe for threads.
     */
    public final class Sizing {
        private static final int FRACTION = 256;
        private static final int MOST_GUESSED = 64;
        // A row's, in 256ths: values of the fields that count them, bytes of those of variable length.
        private final long[] meanCounts = new long[fields.length];
        private final long[] meanLengths = new long[fields.length];

        private Sizing() {
            for (final ArrowField column : columns) {
                guess(column, 1);
            }
        }

        private void guess(final ArrowField field, final int count) {
            meanCounts[field.node] = (long) count * FRACTION;
            meanLengths[field.node] = field.kind.isVariable() ? (long) count * FIRST_GUESS_LENGTH * FRACTION : 0;
            for (final ArrowField child : field.children) {
                guess(child, field.kind.hasElements() ? Math.min(MOST_GUESSED, count * FIRST_GUESS_ELEMENTS) : count);
            }
        }

        /** Divides a block of about {@code blockLength} bytes; at least one row, so a small block may grow. */
        public Plan plan(final int blockLength) {
            return planFor(new Room(), blockLength);
        }

        /** A plan of about {@code blockLength} bytes that holds {@code row} in any case. */
        public Plan planFor(final InternalRow row, final int blockLength) {
            return planFor(roomOf(row), blockLength);
        }

        private Plan planFor(final Room atLeast, final int blockLength) {
            final int rows = Math.max(1, rowsFor(blockLength));
            final Room room = new Room();
            for (int node = 0; node < fields.length; node++) {
                room.counts[node] = Math.max(atLeast.counts[node], rows * withMargin(meanCounts[node]) / FRACTION + 1);
                if (fields[node].kind.isVariable()) {
                    room.lengths[node] =
                            Math.max(atLeast.lengths[node], rows * withMargin(meanLengths[node]) / FRACTION + 1);
                }
            }
            return planOf(rows, room, blockLength);
        }

        /** The plan for {@code row} and nothing else. */
        public Plan planForAlone(final InternalRow row) {
            return planOf(1, roomOf(row), 0);
        }

        /** Takes in what the rows of a batch that is done have taken. */
        public void observe(final ArrowBatchBuilder batch) {
            final int rows = batch.rowCount();
            if (rows == 0) {
                return;
            }
            final int[] counts = new int[fields.length];
            final int[] lengths = new int[fields.length];
            batch.measure(counts, lengths);
            for (int node = 0; node < fields.length; node++) {
                meanCounts[node] = learnt(meanCounts[node], counts[node], rows);
                meanLengths[node] = learnt(meanLengths[node], lengths[node], rows);
            }
        }

        private long learnt(final long before, final long total, final int rows) {
            final long mean = total * FRACTION / rows + 1;
            // One row says little of the others, least of all one so long that it went alone.
            final long believed = rows == 1 ? Math.min(mean, 2 * before + FRACTION) : mean;
            // Up at once, down slowly: too short a region closes a batch early, too long a one wastes a little.
            return Math.max(believed, (before * 3 + believed) / 4);
        }

        private long withMargin(final long mean) {
            return mean + (mean >>> 5) + 1;
        }

        private int rowsFor(final int blockLength) {
            long bits = 0;
            long longest = 0;
            for (final ArrowField field : fields) {
                // In 256ths, as the means.
                final long count = field.counter == ArrowField.ROWS ? FRACTION : withMargin(meanCounts[field.counter]);
                final long data = count * bitsOfData(field);
                final long bytes = field.kind.isVariable() ? withMargin(meanLengths[field.node]) * Byte.SIZE : 0;
                bits += count + data + bytes;
                longest = Math.max(longest, Math.max(data, bytes));
            }
            if (compressed) {
                bits += longest + (longest >>> 7) + 1;
            }
            final long overhead = headLength()
                    + bufferCount * (2L * ArrowMessageLayout.ALIGNMENT + prefixLength())
                    + scratchOverhead();
            return (int) Math.min(Integer.MAX_VALUE / 64, (blockLength - overhead) * Byte.SIZE * FRACTION / bits);
        }

        private int bitsOfData(final ArrowField field) {
            return switch (field.kind) {
                case BOOLEAN -> 1;
                case UTF8, BINARY, LIST, MAP -> OFFSET_LENGTH * Byte.SIZE;
                default -> field.width * Byte.SIZE;
            };
        }

        private int scratchOverhead() {
            return compressed ? 1024 : 0;
        }
    }

    /** What rows need: values of the fields that count them, and bytes of those of variable length. */
    private final class Room {
        private final long[] counts = new long[fields.length];
        private final long[] lengths = new long[fields.length];

        void add(final ArrowField field, final TypedValues values, final int pos) {
            if (!field.isSized || values.isNullAt(pos)) {
                return;
            }
            switch (field.kind) {
                case UTF8 -> lengths[field.node] += values.copyString(pos, NOTHING, 0, 0);
                case BINARY -> lengths[field.node] += values.copyBytes(pos, NOTHING, 0, 0);
                case LIST -> {
                    final InternalArray array = values.getArray(pos);
                    counts[field.children[0].node] += array.size();
                    addAll(field.children[0], array);
                }
                case MAP -> {
                    final InternalMap map = values.getMap(pos);
                    final ArrowField entries = field.children[0];
                    counts[entries.node] += map.keys().size();
                    addAll(entries.children[0], map.keys());
                    addAll(entries.children[1], map.values());
                }
                default -> {
                    final InternalRow row = values.getRow(pos, field.children.length);
                    for (int child = 0; child < field.children.length; child++) {
                        add(field.children[child], row, child);
                    }
                }
            }
        }

        /** Values of a column that follow each other. */
        void add(final ArrowField field, final ArrowColumn values, final int from, final int count) {
            if (field.kind == ArrowKind.STRUCT) {
                for (int child = 0; child < field.children.length; child++) {
                    add(field.children[child], values.child(child), from, count);
                }
            } else if (count > 0 && field.isSized) {
                final int start = values.offset(from);
                final int length = values.offset(from + count) - start;
                if (field.kind.isVariable()) {
                    lengths[field.node] += length;
                } else {
                    counts[field.children[0].node] += length;
                    add(field.children[0], values.child(0), start, length);
                }
            }
        }

        private void addAll(final ArrowField element, final InternalArray array) {
            for (int i = 0; element.isSized && i < array.size(); i++) {
                add(element, array, i);
            }
        }
    }

    private Room roomOf(final InternalRow row) {
        final Room room = new Room();
        for (int column = 0; column < columns.length; column++) {
            try {
                room.add(columns[column], row, column);
            } catch (RuntimeException e) {
                // The append that follows meets the same failure and reports it with all it knows.
            }
        }
        return room;
    }

    /** The plan for so many rows of an Arrow root, from one on, and nothing else. */
    public Plan planFor(final VectorRows rows, final int from, final int count) {
        final Room room = new Room();
        for (int column = 0; column < columns.length; column++) {
            room.add(columns[column], rows.columns()[column], from, count);
        }
        return planOf(count, room, 0);
    }

    private Plan planOf(final int rows, final Room room, final int blockLength) {
        final int[] counts = new int[fields.length];
        final int[] lengths = new int[fields.length];
        long batch = headLength();
        long longest = 0;
        for (final ArrowField field : fields) {
            final int node = field.node;
            counts[node] = field.counter == ArrowField.ROWS ? rows : saturated(room.counts[field.counter]);
            lengths[node] = saturated(padded(room.lengths[node]));
            final long data = dataLength(field, counts[node]);
            batch += field.kind.bufferCount() * (long) prefixLength() + validityLength(counts[node]) + data;
            batch += lengths[node];
            longest = Math.max(longest, Math.max(data, lengths[node]));
        }
        final long block = batch + (compressed ? BufferCompressor.bound(longest) : 0);
        return new Plan(rows, counts, lengths, saturated(Math.max(blockLength, block)), saturated(batch));
    }

    private static int saturated(final long length) {
        return (int) Math.min(length, Integer.MAX_VALUE);
    }
}
