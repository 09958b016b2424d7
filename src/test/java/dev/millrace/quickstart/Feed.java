package dev.millrace.quickstart;

import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import java.util.List;

/** Where the rows come from. */
interface Feed extends AutoCloseable {

    /** The table the rows go to unless the user names another. */
    TablePath defaultTable();

    Schema schema();

    /** Each is read to its end by one thread of its own. */
    List<Source> sources();

    /** What is streamed, for the first line of output. */
    String description();

    @Override
    void close();

    /** A part of the rows, for one thread. */
    interface Source {
        /**
         * Fills {@code row}, every field of it, and returns false when there is no further row.
         *
         * @throws QuickstartException saying what is wrong with the input, and in which line
         */
        boolean next(GenericRow row);
    }
}
