package dev.millrace.lookup;

import dev.millrace.internal.codec.KeyFormat;
import dev.millrace.metadata.TableInfo;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a table and columns must be like for lookups by a prefix. */
final class PrefixRules {
    private final TableInfo table;
    private final List<String> columns;

    PrefixRules(final TableInfo table, final List<String> columns) {
        this.table = table;
        this.columns = columns;
    }

    /**
     * Checks them all.
     *
     * @throws UnsupportedOperationException the table has no lookups by a prefix, whatever the columns.
     * @throws IllegalArgumentException these columns are not the ones.
     */
    void check() {
        final List<String> key = table.physicalPrimaryKeys();
        final List<String> bucketKey = table.bucketKeys();
        if (bucketKey.size() > key.size() || !bucketKey.equals(key.subList(0, bucketKey.size()))) {
            throw unsupported("its bucket key " + bucketKey + " is not the beginning of its primary key " + key
                    + " (without partition columns), so that the rows of a prefix may lie in any bucket");
        }
        if (bucketKey.size() == key.size()) {
            throw unsupported("its bucket key " + bucketKey
                    + " is the whole primary key; create it with distributedBy a part of the key, or look up by"
                    + " the whole key, without lookupBy");
        }
        // Of kv format version 1 the bytes of keys are those of the lake, where a part's need not begin those of the
        // whole.
        if (KeyFormat.ofPrimaryKey(table) != KeyFormat.COMPACTED) {
            throw unsupported("its keys are laid out for the lake format "
                    + table.dataLakeFormat().map(Enum::toString).orElse("?") + " (table.kv.format-version "
                    + table.kvFormatVersion() + "), in which a part of a key does not begin the whole");
        }
        checkColumns();
    }

    private void checkColumns() {
        final Set<String> distinct = new HashSet<>(columns);
        final List<String> partitionKeys = table.partitionKeys();
        final List<String> others = columns.stream()
                .filter(column -> !partitionKeys.contains(column))
                .toList();
        if (distinct.size() != columns.size()
                || !distinct.containsAll(partitionKeys)
                || !others.equals(table.bucketKeys())) {
            throw new IllegalArgumentException("a prefix lookup in table " + table.tablePath()
                    + " is by its bucket key "
                    + table.bucketKeys() + " in that order"
                    + (partitionKeys.isEmpty() ? "" : " and all its partition columns " + partitionKeys) + ", not by "
                    + columns);
        }
    }

    private UnsupportedOperationException unsupported(final String why) {
        return new UnsupportedOperationException("table " + table.tablePath() + " has no lookups by a prefix: " + why);
    }
}
