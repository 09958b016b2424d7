package dev.millrace.write;

import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.TablePath;
import java.util.List;
import java.util.function.Function;
import org.apache.fluss.row.InternalRow;
import org.jspecify.annotations.Nullable;

/** Reads a log table with the official client: what it sees is what lies in the log. */
final class OfficialReader {
    private OfficialReader() {}

    /** All rows of all buckets by bucket, in the order of their offsets; fails if they are not {@code count}. */
    static <T> List<List<T>> read(
            final String bootstrap, final TablePath path, final int count, final Function<InternalRow, T> map)
            throws Exception {
        return readProjected(bootstrap, path, null, count, map);
    }

    /** The same of some columns, which the server cuts out; of all if they are null. */
    static <T> List<List<T>> readProjected(
            final String bootstrap,
            final TablePath path,
            final int @Nullable [] columns,
            final int count,
            final Function<InternalRow, T> map)
            throws Exception {
        try (OfficialConnection connection = new OfficialConnection(bootstrap)) {
            return connection.readProjected(path, columns, count, map).get(OfficialConnection.NO_PARTITION);
        }
    }
}
