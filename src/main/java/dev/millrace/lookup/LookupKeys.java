package dev.millrace.lookup;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.cluster.PartitionCache;
import dev.millrace.internal.cluster.PartitionPath;
import dev.millrace.internal.codec.KeyBuffer;
import dev.millrace.internal.codec.KeyFormat;
import dev.millrace.internal.codec.PartitionNames;
import dev.millrace.internal.codec.RowEncoder;
import dev.millrace.metadata.TableInfo;
import dev.millrace.row.InternalRow;
import dev.millrace.types.RowType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the keys that one lookuper is asked for into bytes, and finds out their bucket and the name of their partition.
 * Safe for any number of threads.
 */
final class LookupKeys {
    private final TableInfo table;
    private final List<String> columns;
    private final RowEncoder key;
    // Null where the bytes of the key are those of the bucket key.
    private final @Nullable RowEncoder bucketKey;
    private final KeyFormat bucketKeyFormat;
    private final @Nullable Partitioning partitioning;

    /** How the partition of a key is found: the name is made for its first key only. */
    private record Partitioning(RowEncoder values, PartitionNames names, PartitionCache<PartitionPath> byValues) {}

    LookupKeys(final LookupTarget target) {
        this.table = target.table();
        this.columns = target.columns();
        final RowType all = table.rowType();
        final RowType rows = all.project(columns.stream().mapToInt(all::indexOf).toArray());
        final boolean isPrefix = target.kind() == LookupKind.PREFIX;
        this.key = isPrefix ? KeyFormat.prefixEncoder(table, rows) : KeyFormat.primaryKeyEncoder(table, rows);
        this.bucketKeyFormat = KeyFormat.ofBucketKey(table);
        final boolean sameColumns = isPrefix || table.bucketKeys().equals(table.physicalPrimaryKeys());
        this.bucketKey = sameColumns && KeyFormat.ofPrimaryKey(table) == bucketKeyFormat
                ? null
                : KeyFormat.bucketKeyEncoder(table, rows);
        this.partitioning = table.isPartitioned() ? partitioning(table, rows) : null;
    }

    private static Partitioning partitioning(final TableInfo table, final RowType rows) {
        final int[] columns =
                table.partitionKeys().stream().mapToInt(rows::indexOf).toArray();
        return new Partitioning(
                KeyFormat.COMPACTED.newEncoder(rows, columns),
                new PartitionNames(rows, table.partitionKeys()),
                new PartitionCache<>());
    }

    /**
     * Writes a key into a call, with where it belongs.
     *
     * @param row read during the call only.
     * @throws RowConversionException the row has not the fields of a key, or a value is null or does not fit its column.
     */
    void encode(final InternalRow row, final LookupCall call) {
        if (row.fieldCount() != columns.size()) {
            throw new RowConversionException("a lookup key of table " + table.tablePath() + " has the " + columns.size()
                    + " columns " + columns + ", the row has " + row.fieldCount() + " fields");
        }
        // The same room three times; the key itself stays in it.
        final KeyBuffer bytes = call.key();
        final PartitionPath partition = partitioning == null ? null : partition(partitioning, row, bytes);
        final int numBuckets = table.numBuckets();
        if (bucketKey == null) {
            final int length = bytes.encode(key, row);
            call.setKey(length, partition, bucketKeyFormat.bucket(bytes.bytes(), 0, length, numBuckets));
        } else {
            final int bucketKeyLength = bytes.encode(bucketKey, row);
            final int bucket = bucketKeyFormat.bucket(bytes.bytes(), 0, bucketKeyLength, numBuckets);
            call.setKey(bytes.encode(key, row), partition, bucket);
        }
    }

    private PartitionPath partition(final Partitioning by, final InternalRow row, final KeyBuffer bytes) {
        final int length = bytes.encode(by.values, row);
        final PartitionPath known = by.byValues.get(bytes.bytes(), length);
        if (known != null) {
            return known;
        }
        final PartitionPath named = new PartitionPath(table.tablePath(), by.names.nameOf(row));
        by.byValues.put(bytes.bytes(), length, named);
        return named;
    }
}
