package dev.millrace.write;

import dev.millrace.internal.codec.KeyFormat;
import dev.millrace.internal.codec.RowEncoder;
import dev.millrace.metadata.TableInfo;
import dev.millrace.types.RowType;
import org.jspecify.annotations.Nullable;

/**
 * What the rows of a writer are like. The writers of one table may differ: columns may be added to it while older writers
 * go on without them. All of them agree in the bytes of keys.
 *
 * @param info the table as the writer knows it.
 * @param format of batches of such rows.
 * @param bucketKey null for a table without a bucket key.
 * @param partitionValues null for a table without partitions.
 */
record RowShape(
        TableInfo info,
        BatchFormat format,
        @Nullable RowEncoder bucketKey,
        @Nullable RowEncoder partitionValues) {
    static RowShape of(final TableInfo info, final KvTarget target) {
        final RowType rows = info.rowType();
        return new RowShape(
                info,
                BatchFormat.of(info, target),
                info.bucketKeys().isEmpty() ? null : KeyFormat.bucketKeyEncoder(info, rows),
                info.isPartitioned()
                        ? KeyFormat.COMPACTED.newEncoder(
                                rows,
                                info.partitionKeys().stream()
                                        .mapToInt(rows::indexOf)
                                        .toArray())
                        : null);
    }
}
