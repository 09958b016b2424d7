package dev.millrace.quickstart;

import dev.millrace.metadata.Schema;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** The summary: what was written beside what was read. */
record Report(Schema schema, ColumnSums written, ColumnSums read) {
    /** Prints it; true if everything is accounted for. */
    boolean print(PrintStream out) {
        boolean isSame = written.isSameAs(read);
        out.printf(Locale.ROOT, "%n%-28s %20s %20s%n", "", "written", "read");
        line(
                out,
                "rows",
                String.format(Locale.ROOT, "%,d", written.rows()),
                String.format(Locale.ROOT, "%,d", read.rows()));
        List<Schema.Column> columns = schema.columns();
        for (int i = 0; i < columns.size(); i++) {
            line(
                    out,
                    columns.get(i).name(),
                    hex(written.sums().get(i)),
                    hex(read.sums().get(i)));
        }
        out.println(
                isSame
                        ? "Every row was read as it was written, by count and by the checksum of each column."
                        : "ROWS WERE LOST, DOUBLED OR CHANGED: what was read is not what was written.");
        return isSame;
    }

    private static void line(PrintStream out, String name, String left, String right) {
        out.printf(Locale.ROOT, "%-28s %20s %20s%s%n", name, left, right, left.equals(right) ? "" : "   <- differ");
    }

    private static String hex(long sum) {
        return String.format(Locale.ROOT, "%016x", sum);
    }
}
