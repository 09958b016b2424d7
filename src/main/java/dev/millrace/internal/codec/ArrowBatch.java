package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.OffHeap;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The rows of one Arrow log batch, read in place. {@link #wrap} checks the whole structure; compressed buffers are then
 * decompressed, all of them, into one piece of memory that the caller provides, and buffers that a writer left as they
 * are stay where they are.
 *
 * <pre>
 *   [change types: one byte a row, unless append-only][prefix][metadata][body: buffers of column 0, column 1 ...]
 * </pre>
 *
 */
public final class ArrowBatch implements BatchRows {
    private static final int NONE = -1;

    private final ArrowLayout layout;
    private final ArrowMessageReader message = new ArrowMessageReader();
    private final UnsafeBuffer received = OffHeap.flyweight();
    private final UnsafeBuffer decompressed = OffHeap.flyweight();
    private final ArrowColumn[] fields;
    private final ArrowColumn[] columns;

    private int rowCount;
    private int changeTypes;
    private int presentFields;
    private int presentBuffers;
    private int decompressedLength;

    // For each field that is present: values and nulls.
    private final int[] nodeLengths;
    private final int[] nullCounts;
    // For each buffer: where it lies, ready to read; and where its compressed form lies, if it has one.
    private final int[] bufferOffsets;
    private final int[] bufferLengths;
    private final int[] compressedOffsets;
    private final int[] compressedLengths;

    /** A batch for the tables of one layout. */
    public ArrowBatch(final ArrowLayout layout) {
        this.layout = layout;
        final int buffers = layout.bufferCount();
        fields = ArrowColumn.of(layout.fields());
        columns = new ArrowColumn[layout.columns()];
        Arrays.setAll(columns, column -> fields[layout.fieldOfColumn(column)]);
        nodeLengths = new int[fields.length];
        nullCounts = new int[fields.length];
        bufferOffsets = new int[buffers];
        bufferLengths = new int[buffers];
        compressedOffsets = new int[buffers];
        compressedLengths = new int[buffers];
    }

    /**
     * Reads and checks the structure of a batch. One that is not exact may have fewer columns at the end, which then read
     * as null, or more, which are left out: a table can only be changed by adding nullable columns at the end.
     */
    @Override
    public void wrap(final LogBatchReader batch, final boolean exact) {
        unwrap();
        received.wrap(batch.buffer());
        rowCount = batch.recordCount();
        if (rowCount == 0) {
            return;
        }
        int offset = batch.bodyOffset();
        int length = batch.bodyLength();
        if (!batch.isAppendOnly()) {
            if (rowCount > length) {
                throw new CorruptDataException(
                        "damaged log batch: change types of " + rowCount + " records in " + length + " bytes");
            }
            changeTypes = offset;
            offset += rowCount;
            length -= rowCount;
        }
        if (received.byteArray() != null) {
            throw new IllegalArgumentException("an Arrow batch is read from direct memory only");
        }
        message.wrap(received, offset, length);
        if (message.rowCount() != rowCount) {
            throw new CorruptDataException("damaged log batch: an Arrow message of " + message.rowCount()
                    + " rows where the header says " + rowCount);
        }
        presentFields = presentFields(exact);
        resolveBuffers();
        for (int column = 0; column < layout.wireColumns(); column++) {
            checkColumn(column);
        }
        if (decompressedLength == 0) {
            wrapColumns();
        }
    }

    /** The memory that {@link #decompress} needs, in bytes; 0 if there is nothing to decompress. */
    public int decompressedLength() {
        return decompressedLength;
    }

    /**
     * Decompresses all compressed buffers. Before that nothing can be read if there are any.
     *
     * @param target at least {@link #decompressedLength()} bytes of direct memory, the caller's; values lie there.
     * @throws CorruptDataException a compressed buffer is damaged.
     */
    public void decompress(final BufferDecompressor decompressor, final UnsafeBuffer target) {
        if (target.byteArray() != null || target.capacity() < decompressedLength) {
            throw new IllegalArgumentException(
                    decompressedLength + " bytes of direct memory are due, not " + target.capacity());
        }
        decompressed.wrap(target);
        // Behind these stands what an earlier batch had.
        for (int i = 0; i < presentBuffers; i++) {
            if (compressedLengths[i] > 0) {
                decompressor.decompress(
                        message.codec(),
                        received,
                        compressedOffsets[i],
                        compressedLengths[i],
                        decompressed,
                        bufferOffsets[i],
                        bufferLengths[i]);
            }
        }
        wrapColumns();
    }

    /** Lets go of all memory: everything is null afterwards. */
    @Override
    public void unwrap() {
        for (final ArrowColumn field : fields) {
            field.wrapNulls(0);
        }
        received.wrap(0, 0);
        decompressed.wrap(0, 0);
        rowCount = 0;
        decompressedLength = 0;
        presentFields = 0;
        presentBuffers = 0;
        changeTypes = NONE;
    }

    @Override
    public int rowCount() {
        return rowCount;
    }

    /** The columns as the application counts them. Shared, so not to be changed. */
    public ArrowColumn[] columns() {
        return columns;
    }

    public ArrowLayout layout() {
        return layout;
    }

    /** The change type's number on the wire; 0, an append, for all rows of an append-only batch. */
    @Override
    public byte changeType(final int row) {
        return changeTypes == NONE ? 0 : received.getByte(changeTypes + row);
    }

    /** Whether each row has a change type of its own; all rows of other batches were appended. */
    public boolean hasChangeTypes() {
        return changeTypes != NONE;
    }

    /** Where the change types begin in the received memory, one byte a row. */
    public int changeTypesOffset() {
        return changeTypes;
    }

    /** Whether this batch has a column of the application at all; one that was added later it has not. */
    public boolean hasColumn(final int column) {
        return layout.fieldOfColumn(column) < presentFields;
    }

    /** The field (in pre-order) that is the application's column; its children follow it. */
    public int fieldOfColumn(final int column) {
        return layout.fieldOfColumn(column);
    }

    /** How many values a field has. */
    public int nodeLength(final int field) {
        return nodeLengths[field];
    }

    public int nullCount(final int field) {
        return nullCounts[field];
    }

    public int bufferCount(final int field) {
        return fields[field].field().kind().bufferCount();
    }

    /** The first of the {@link #bufferCount} buffers of a field. */
    public int firstBuffer(final int field) {
        return layout.firstBuffer(field);
    }

    /** Where the buffers begin in the received memory. */
    public int bodyOffset() {
        return message.bodyOffset();
    }

    public int bodyLength() {
        return message.bodyLength();
    }

    /** The received memory itself, as long as this batch is wrapped. */
    public UnsafeBuffer received() {
        return received;
    }

    /** Whether a buffer lies in the memory given to {@link #decompress} and not in the received memory. */
    public boolean isDecompressed(final int buffer) {
        return compressedLengths[buffer] > 0;
    }

    public int bufferOffset(final int buffer) {
        return bufferOffsets[buffer];
    }

    public int bufferLength(final int buffer) {
        return bufferLengths[buffer];
    }

    /**
     * Checks all offsets of variable-length and list columns, for readers that do not check them themselves.
     *
     * @throws CorruptDataException they do not ascend within the data.
     */
    public void checkOffsets() {
        int buffer = 0;
        for (int field = 0; field < presentFields; field++) {
            final ArrowKind kind = fields[field].field().kind();
            if (kind.isVariable()) {
                checkOffsets(field, buffer + 1, bufferLengths[buffer + 2]);
            } else if (kind == ArrowKind.LIST || kind == ArrowKind.MAP) {
                checkOffsets(field, buffer + 1, nodeLengths[field + 1]);
            }
            buffer += kind.bufferCount();
        }
    }

    private void checkOffsets(final int field, final int buffer, final int max) {
        final UnsafeBuffer memory = memoryOf(buffer);
        final int offsets = bufferOffsets[buffer];
        final int count = bufferLengths[buffer] == 0 ? 0 : nodeLengths[field] + 1;
        int last = 0;
        for (int i = 0; i < count; i++) {
            final int next = memory.getInt(offsets + (i << 2), LITTLE_ENDIAN);
            if (next < last || next > max) {
                throw damaged(field, "offset " + next + " after " + last + " of " + max);
            }
            last = next;
        }
    }

    private int presentFields(final boolean exact) {
        final int nodes = message.nodeCount();
        if (nodes == fields.length) {
            return nodes;
        }
        if (!exact && nodes > fields.length) {
            return fields.length;
        }
        for (int column = 0; !exact && column < layout.wireColumns(); column++) {
            if (layout.firstField(column) == nodes) {
                return nodes;
            }
        }
        throw new CorruptDataException(
                "damaged Arrow message: " + nodes + " nodes where " + fields.length + " are due");
    }

    private void resolveBuffers() {
        int buffers = 0;
        for (int field = 0; field < presentFields; field++) {
            nodeLengths[field] = message.nodeLength(field);
            nullCounts[field] = message.nullCount(field);
            buffers += bufferCount(field);
        }
        if (buffers > message.bufferCount()
                || (presentFields == message.nodeCount() && buffers < message.bufferCount())) {
            throw new CorruptDataException(
                    "damaged Arrow message: " + message.bufferCount() + " buffers where " + buffers + " are due");
        }
        long total = 0;
        for (int buffer = 0; buffer < buffers; buffer++) {
            total = resolveBuffer(buffer, total);
        }
        if (total > Integer.MAX_VALUE - ArrowMessageLayout.ALIGNMENT) {
            throw new CorruptDataException("damaged Arrow message: " + total + " bytes when decompressed");
        }
        presentBuffers = buffers;
        decompressedLength = (int) total;
    }

    private long resolveBuffer(final int buffer, final long target) {
        final int offset = message.bufferOffset(buffer);
        final int length = message.bufferLength(buffer);
        bufferOffsets[buffer] = offset;
        bufferLengths[buffer] = length;
        compressedLengths[buffer] = 0;
        if (message.codec() == ArrowMessageLayout.NO_COMPRESSION || length == 0) {
            return target;
        }
        final int prefix = ArrowMessageLayout.COMPRESSION_PREFIX_LENGTH;
        if (length < prefix) {
            throw message.damaged(offset, "a compressed buffer of " + length + " bytes");
        }
        final long declared = received.getLong(offset, LITTLE_ENDIAN);
        if (declared == ArrowMessageLayout.STORED_RAW || declared == 0) {
            bufferOffsets[buffer] = offset + prefix;
            bufferLengths[buffer] = declared == 0 ? 0 : length - prefix;
            return target;
        }
        if (declared < 0
                || declared > Integer.MAX_VALUE
                || declared > BufferDecompressor.maxLength(message.codec(), length - prefix)) {
            throw message.damaged(offset, length - prefix + " bytes for " + declared + " uncompressed");
        }
        compressedOffsets[buffer] = offset + prefix;
        compressedLengths[buffer] = length - prefix;
        bufferOffsets[buffer] = (int) Math.min(target, Integer.MAX_VALUE);
        bufferLengths[buffer] = (int) declared;
        return target + (declared + ArrowMessageLayout.ALIGNMENT - 1 & -ArrowMessageLayout.ALIGNMENT);
    }

    private void checkColumn(final int column) {
        final int first = layout.firstField(column);
        if (first >= presentFields) {
            return;
        }
        if (nodeLengths[first] != rowCount) {
            throw damaged(first, nodeLengths[first] + " values in a batch of " + rowCount + " rows");
        }
        for (int field = first; field < layout.firstField(column + 1); field++) {
            checkField(field, firstBuffer(field));
            checkChildren(field);
        }
    }

    /** A struct has its values at the same index in all children; where those of a list lie is checked when it is read. */
    private void checkChildren(final int field) {
        final ArrowLayout.Field parent = fields[field].field();
        if (parent.kind() != ArrowKind.STRUCT || nullCounts[field] == nodeLengths[field]) {
            return;
        }
        for (int child = field + 1;
                child < field + parent.span();
                child += fields[child].field().span()) {
            if (nodeLengths[child] < nodeLengths[field]) {
                throw damaged(child, nodeLengths[child] + " values in a row of " + nodeLengths[field]);
            }
        }
    }

    private void checkField(final int field, final int buffer) {
        final ArrowKind kind = fields[field].field().kind();
        final int length = nodeLengths[field];
        if (isAllNull(field)) {
            checkNulls(field, buffer);
            return;
        }
        if (nullCounts[field] > 0) {
            requireLength(field, buffer, (length + 7L) / 8, "validity");
        }
        if (hasOffsets(kind)) {
            requireLength(field, buffer + 1, length == 0 ? 0 : 4L * (length + 1L), "offsets");
        } else if (kind != ArrowKind.STRUCT) {
            requireLength(field, buffer + 1, dataLength(fields[field].field(), length), "data");
        }
    }

    private boolean isAllNull(final int field) {
        return nullCounts[field] == nodeLengths[field] && nodeLengths[field] > 0;
    }

    private static boolean hasOffsets(final ArrowKind kind) {
        return kind.isVariable() || kind == ArrowKind.LIST || kind == ArrowKind.MAP;
    }

    /** All buffers were checked, and lie where they stay. */
    private void wrapColumns() {
        for (int field = 0; field < presentFields; field++) {
            if (isAllNull(field)) {
                fields[field].wrapNulls(nodeLengths[field]);
            } else {
                wrapField(fields[field], field, firstBuffer(field));
            }
        }
    }

    private void wrapField(final ArrowColumn column, final int field, final int buffer) {
        final ArrowKind kind = column.field().kind();
        final boolean hasOffsets = hasOffsets(kind);
        final int data = kind.isNested() ? NONE : hasOffsets ? buffer + 2 : buffer + 1;
        column.wrap(
                nodeLengths[field],
                nullCounts[field] == 0 ? 0 : addressOf(buffer),
                hasOffsets ? addressOf(buffer + 1) : 0,
                data == NONE ? 0 : addressOf(data),
                data == NONE ? 0 : bufferLengths[data]);
    }

    private long addressOf(final int buffer) {
        return memoryOf(buffer).addressOffset() + bufferOffsets[buffer];
    }

    /** The other buffers of a column of nulls are not read; but Arrow's vectors take the validity as it is. */
    private void checkNulls(final int field, final int buffer) {
        if (bufferLengths[buffer] > 0) {
            requireLength(field, buffer, (nodeLengths[field] + 7L) / 8, "validity");
        }
    }

    private static long dataLength(final ArrowLayout.Field field, final int length) {
        return field.kind() == ArrowKind.BOOLEAN ? (length + 7L) / 8 : (long) length * field.width();
    }

    private void requireLength(final int field, final int buffer, final long needed, final String what) {
        if (bufferLengths[buffer] < needed) {
            throw damaged(
                    field,
                    what + " of " + bufferLengths[buffer] + " bytes where " + nodeLengths[field] + " values need "
                            + needed);
        }
    }

    private UnsafeBuffer memoryOf(final int buffer) {
        return compressedLengths[buffer] > 0 ? decompressed : received;
    }

    private CorruptDataException damaged(final int field, final String what) {
        return new CorruptDataException(
                "damaged Arrow message: column '" + fields[field].field().name() + "': " + what);
    }
}
