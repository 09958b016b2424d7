package dev.millrace.write;

import java.util.List;

/**
 * What the rows of a writer set in a primary-key table. All rows of a batch, and all batches of a request, have the same.
 *
 * @param columns the positions of the columns that are written, in ascending order; none for all.
 * @param mergeMode what the table's merge engine does with them.
 */
record KvTarget(List<Integer> columns, MergeMode mergeMode) {
    static final KvTarget WHOLE_ROWS = new KvTarget(List.of(), MergeMode.DEFAULT);

    KvTarget {
        columns = List.copyOf(columns);
    }

    int[] positions() {
        return columns.stream().mapToInt(Integer::intValue).toArray();
    }
}
