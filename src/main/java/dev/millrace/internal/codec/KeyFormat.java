package dev.millrace.internal.codec;

import dev.millrace.error.RowConversionException;
import dev.millrace.metadata.TableInfo;
import dev.millrace.types.RowType;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * How a table's keys become bytes, and these a bucket. The format of the lake that a table goes to decides, whether or
 * not it goes there yet, so that lake and table agree on the buckets.
 */
public enum KeyFormat {
    /** Fluss's own, also for Lance. */
    COMPACTED,
    PAIMON,
    ICEBERG;

    private static final int FIRST_KV_VERSION = 1;
    private static final int SECOND_KV_VERSION = 2;

    /** The format of a table's bucket keys, which decides its bucket function too. */
    public static KeyFormat ofBucketKey(final TableInfo table) {
        return table.dataLakeFormat()
                .map(format -> switch (format) {
                    case PAIMON -> PAIMON;
                    case ICEBERG -> ICEBERG;
                    case LANCE -> COMPACTED;
                })
                .orElse(COMPACTED);
    }

    /**
     * The format of a table's primary keys. Since kv format version 2 it is Fluss's own where the bucket key is only a
     * part of the primary key: then the bytes of a part begin the bytes of the whole, and lookups by prefix work.
     */
    public static KeyFormat ofPrimaryKey(final TableInfo table) {
        return switch (table.kvFormatVersion()) {
            case FIRST_KV_VERSION -> ofBucketKey(table);
            case SECOND_KV_VERSION ->
                table.bucketKeys().equals(table.physicalPrimaryKeys()) ? ofBucketKey(table) : COMPACTED;
            default ->
                throw new UnsupportedOperationException(
                        "Table " + table.tablePath() + " has kv format version " + table.kvFormatVersion());
        };
    }

    /** Encodes the primary key, without the partition columns, of rows of a type that has these columns. */
    public static RowEncoder primaryKeyEncoder(final TableInfo table, final RowType rows) {
        return ofPrimaryKey(table).newEncoder(rows, positions(rows, table.physicalPrimaryKeys()));
    }

    /** Encodes the bucket key of rows of a type that has its columns. */
    public static RowEncoder bucketKeyEncoder(final TableInfo table, final RowType rows) {
        return ofBucketKey(table).newEncoder(rows, positions(rows, table.bucketKeys()));
    }

    /**
     * Encodes the bucket key as the beginning of the primary key, where that is possible; for rows of a type that has its
     * columns.
     */
    public static RowEncoder prefixEncoder(final TableInfo table, final RowType rows) {
        return ofPrimaryKey(table).newEncoder(rows, positions(rows, table.bucketKeys()));
    }

    /**
     * An encoder for key columns.
     *
     * @param rows what the rows look like.
     * @param columns the positions of the key columns in them, in the order of the key.
     * @throws UnsupportedOperationException the format has no keys of such columns.
     */
    public RowEncoder newEncoder(final RowType rows, final int[] columns) {
        final RowFields fields = new RowFields(rows);
        return switch (this) {
            case COMPACTED -> CompactedRowEncoder.ofKey(fields, columns);
            case PAIMON -> new PaimonKeyEncoder(fields, columns);
            case ICEBERG -> new IcebergKeyEncoder(fields, columns);
        };
    }

    /**
     * The bucket of a bucket key.
     *
     * @param bucketCount of the table.
     * @throws RowConversionException the key has no bytes, and so no bucket: an empty text in the Iceberg format.
     */
    public int bucket(final DirectBuffer key, final int offset, final int length, final int bucketCount) {
        if (length <= 0) {
            throw new RowConversionException("the bucket key is empty, and so belongs to no bucket");
        }
        return switch (this) {
            case COMPACTED -> Murmur.scramble(Murmur.hash42(key, offset, length)) % bucketCount;
            case PAIMON -> Math.abs(Murmur.hash42(key, offset, length) % bucketCount);
            case ICEBERG -> (Murmur.standard(key, offset, length) & Integer.MAX_VALUE) % bucketCount;
        };
    }

    private static int[] positions(final RowType rows, final List<String> columns) {
        final int[] positions = new int[columns.size()];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = rows.indexOf(columns.get(i));
            if (positions[i] < 0) {
                throw new IllegalArgumentException("There is no key column '" + columns.get(i) + "' in " + rows);
            }
        }
        return positions;
    }
}
