package dev.millrace.examples.arrow;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.RecordBatchLogReader;
import dev.millrace.scan.RecordBatchLogScanner;
import dev.millrace.table.FlussTable;
import dev.millrace.write.AppendWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * Saves a log table as an Arrow IPC file, which pandas, DuckDB and others read, and restores one. Columns are moved as
 * they are: no row is taken apart on either way.
 */
public final class ArrowArchive {
    private final FlussConnection connection;

    ArrowArchive(FlussConnection connection) {
        this.connection = connection;
    }

    /**
     * Saves what the table has now. What is written meanwhile is left out, so the file has an end.
     *
     * @param file is not there yet.
     * @return how many rows were saved.
     */
    long save(TablePath path, Path file) throws IOException {
        FlussTable table = connection.getTable(path);
        try (RecordBatchLogScanner scanner = table.newScan().createRecordBatchLogScanner()) {
            scanner.subscribeBuckets(beginningOf(table));
            // The root of this reader lies over received memory, batch after batch; the writer takes it from there.
            try (ArrowReader batches = RecordBatchLogReader.untilLatest(scanner).toArrowReader();
                    FileChannel channel = FileChannel.open(file, CREATE_NEW, WRITE);
                    ArrowFileWriter writer = new ArrowFileWriter(batches.getVectorSchemaRoot(), null, channel)) {
                long rows = 0;
                writer.start();
                while (batches.loadNextBatch()) {
                    writer.writeBatch();
                    rows += batches.getVectorSchemaRoot().getRowCount();
                }
                writer.end();
                return rows;
            }
        }
    }

    private static Map<Integer, Long> beginningOf(FlussTable table) {
        Map<Integer, Long> offsets = new HashMap<>();
        for (int bucket = 0; bucket < table.getTableInfo().numBuckets(); bucket++) {
            offsets.put(bucket, LogScanner.EARLIEST_OFFSET);
        }
        return offsets;
    }

    /**
     * Appends the rows of a file, and returns when the servers have them all.
     *
     * @param path a table with the columns of the one that was saved.
     * @return how many rows were restored.
     */
    long restore(Path file, TablePath path) throws IOException {
        try (AppendWriter writer = connection.getTable(path).newAppend().createWriter();
                BufferAllocator allocator = new RootAllocator();
                FileChannel channel = FileChannel.open(file, READ);
                ArrowFileReader batches = new ArrowFileReader(channel, allocator)) {
            VectorSchemaRoot root = batches.getVectorSchemaRoot();
            long rows = 0;
            while (batches.loadNextBatch()) {
                // Copied into the batches that will be sent, so the root may be loaded anew; waits while these are
                // many.
                writer.appendArrowBatch(root);
                rows += root.getRowCount();
            }
            writer.flush();
            return rows;
        }
    }

    /** Creates a table as another one is, without its rows. */
    void createLike(TablePath origin, TablePath path) {
        TableInfo info = connection.getTable(origin).getTableInfo();
        connection
                .getAdmin()
                .createTable(path, TableDescriptor.builder(info.descriptor()).build(), false);
    }

    /** Takes the bootstrap servers, the database, a table, the file to save it to, and a table to restore that as. */
    public static void main(String[] args) throws IOException {
        Config config = Config.builder().bootstrapServers(args[0]).build();
        TablePath origin = TablePath.of(args[1], args[2]);
        Path file = Path.of(args[3]);
        TablePath copy = TablePath.of(args[1], args[4]);
        try (FlussConnection connection = FlussConnection.connect(config)) {
            ArrowArchive archive = new ArrowArchive(connection);
            System.out.println("saved " + archive.save(origin, file) + " rows");
            archive.createLike(origin, copy);
            System.out.println("restored " + archive.restore(file, copy) + " rows");
        }
    }
}
