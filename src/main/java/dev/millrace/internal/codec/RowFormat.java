package dev.millrace.internal.codec;

import dev.millrace.types.RowType;

/** The two formats of a row that stands for itself; a ROW within a row, array or map has the format of the outermost. */
public enum RowFormat {
    /** Numbers as short as their values, lengths in front of what varies. */
    COMPACTED,
    /** Numbers at full width, all lengths at the front. */
    INDEXED;

    /** A view for rows of a type; to be wrapped around one after the other. */
    public RowView newView(final RowType type) {
        final RowFields fields = new RowFields(type);
        return this == COMPACTED ? new CompactedRowView(fields) : new IndexedRowView(fields);
    }

    /** An encoder for rows of a type. */
    public RowEncoder newEncoder(final RowType type) {
        return newEncoder(new RowFields(type));
    }

    /**
     * An encoder for rows of which only some columns count.
     *
     * @param targetColumns the positions that are written; all other columns are written as null, unread.
     */
    public RowEncoder newEncoder(final RowType type, final int[] targetColumns) {
        return newEncoder(new RowFields(type).onlyTargets(targetColumns));
    }

    RowEncoder newEncoder(final RowFields fields) {
        return this == COMPACTED ? CompactedRowEncoder.ofRow(fields) : new IndexedRowEncoder(fields);
    }
}
