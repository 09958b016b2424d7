package dev.millrace.quickstart;

import dev.millrace.metadata.TablePath;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the quickstart was asked for.
 *
 * @param rows how many ticks are made; without meaning where there is a CSV file
 * @param bootstrap the user's cluster; null means one is booted
 * @param csv the user's file; null means ticks are made
 * @param table where the rows go; null means {@code market.ticks}, or a table named after the file
 */
record Arguments(
        long rows,
        @Nullable String bootstrap,
        @Nullable Path csv,
        @Nullable TablePath table,
        boolean help) {
    static final long DEFAULT_ROWS = 2_000_000;

    static final String USAGE = """
            Streams rows into a Fluss cluster, reads them live, and accounts for every one.

              --rows N                  so many ticks; 2000000 without it
              --bootstrap HOST:PORT     a cluster of yours; one is booted in this JVM without it
              --csv FILE                a file of yours with a header line instead of ticks; types are inferred
              --table DATABASE.TABLE    where the rows go; market.ticks, or market.<name of the file>, without it
              --help                    these lines
            """;

    private static final List<String> OPTIONS = List.of("--rows", "--bootstrap", "--csv", "--table", "--help");

    /** @throws QuickstartException saying what is wrong with them. */
    static Arguments parse(String... args) {
        Long rows = null;
        String bootstrap = null;
        Path csv = null;
        TablePath table = null;
        boolean help = false;
        Deque<String> rest = new ArrayDeque<>(List.of(args));
        while (!rest.isEmpty()) {
            String option = rest.pop();
            switch (option) {
                case "--rows" -> rows = parseRows(valueOf(option, rest));
                case "--bootstrap" -> bootstrap = parseAddresses(valueOf(option, rest));
                case "--csv" -> csv = Path.of(valueOf(option, rest));
                case "--table" -> table = parseTable(valueOf(option, rest));
                case "--help" -> help = true;
                default ->
                    throw new QuickstartException(
                            "unknown option '" + option + "'; the options are " + String.join(", ", OPTIONS));
            }
        }
        if (rows != null && csv != null) {
            throw new QuickstartException("--rows and --csv exclude each other: a file is streamed to its end");
        }
        return new Arguments(rows == null ? DEFAULT_ROWS : rows, bootstrap, csv, table, help);
    }

    private static String valueOf(String option, Deque<String> rest) {
        if (rest.isEmpty() || rest.peek().startsWith("--")) {
            throw new QuickstartException(option + " needs a value");
        }
        return rest.pop();
    }

    private static long parseRows(String value) {
        try {
            long rows = Long.parseLong(value.replace("_", ""));
            if (rows > 0) {
                return rows;
            }
        } catch (NumberFormatException e) {
            // said below, as for a number that is too small
        }
        throw new QuickstartException("--rows needs a number of at least 1, not '" + value + "'");
    }

    private static String parseAddresses(String value) {
        for (String address : value.split(",", -1)) {
            if (!address.strip().matches("\\S+:[0-9]{1,5}")) {
                throw new QuickstartException("--bootstrap needs HOST:PORT, not '" + value + "'");
            }
        }
        return value;
    }

    private static TablePath parseTable(String value) {
        String[] parts = value.split("\\.", -1);
        if (parts.length != 2) {
            throw new QuickstartException("--table needs DATABASE.TABLE, not '" + value + "'");
        }
        try {
            return TablePath.of(parts[0], parts[1]);
        } catch (IllegalArgumentException e) {
            throw new QuickstartException("--table '" + value + "': " + e.getMessage(), e);
        }
    }
}
