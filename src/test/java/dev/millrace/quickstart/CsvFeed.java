package dev.millrace.quickstart;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * The rows of a CSV file with a header line, read as a stream: memory does not grow with the file. Types come from the
 * first thousand lines; an empty field is null; quoted fields may hold commas, quotes and line breaks.
 */
final class CsvFeed implements Feed {
    static final int SAMPLE_ROWS = 1_000;

    /** What some programs begin a UTF-8 file with. */
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final Path file;
    private final CsvReader<CsvRecord> reader;
    private final Iterator<CsvRecord> records;
    private final List<String> columns;
    private final List<CsvType> types;
    private final Schema schema;
    // Read to infer the types, not handed out yet.
    private final ArrayDeque<CsvRecord> sample = new ArrayDeque<>();

    /** Opens the file and reads its first lines. */
    static CsvFeed open(Path file) {
        if (Files.isDirectory(file)) {
            throw new QuickstartException(file + " is a directory, not a CSV file");
        }
        try {
            CsvReader<CsvRecord> reader = CsvReader.builder()
                    .allowExtraFields(true) // the count is checked here, where the line's number is known
                    .allowMissingFields(true)
                    .ofCsvRecord(Files.newBufferedReader(file));
            try {
                return new CsvFeed(file, reader);
            } catch (RuntimeException e) {
                reader.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new QuickstartException("there is no file " + file, e);
        } catch (IOException e) {
            throw new QuickstartException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private CsvFeed(Path file, CsvReader<CsvRecord> reader) {
        this.file = file;
        this.reader = reader;
        this.records = reader.iterator();
        CsvRecord header = read();
        if (header == null) {
            throw new QuickstartException(file + " is empty; its first line has to name the columns");
        }
        columns = columnNames(header);
        types = inferTypes();
        schema = makeSchema();
    }

    private List<String> columnNames(CsvRecord header) {
        List<String> names = header.getFields().stream()
                .map(name -> name.replace(BYTE_ORDER_MARK, "").strip())
                .toList();
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (name.isEmpty()) {
                throw malformed(header, "a column has no name");
            }
            if (!seen.add(name)) {
                throw malformed(header, "two columns are named '" + name + "'");
            }
        }
        return names;
    }

    private List<CsvType> inferTypes() {
        List<EnumSet<CsvType>> candidates = new ArrayList<>();
        boolean[] hasValue = new boolean[columns.size()];
        columns.forEach(column -> candidates.add(EnumSet.allOf(CsvType.class)));
        CsvRecord line = null;
        while (sample.size() < SAMPLE_ROWS && (line = read()) != null) {
            checkFieldCount(line);
            sample.add(line);
            for (int i = 0; i < columns.size(); i++) {
                String text = line.getField(i);
                if (!text.isEmpty()) {
                    hasValue[i] = true;
                    candidates.get(i).removeIf(type -> !type.accepts(text));
                }
            }
        }
        CsvType[] inferred = new CsvType[columns.size()];
        Arrays.setAll(inferred, i -> hasValue[i] ? candidates.get(i).iterator().next() : CsvType.STRING);
        return List.of(inferred);
    }

    private Schema makeSchema() {
        Schema.Builder builder = Schema.builder();
        for (int i = 0; i < columns.size(); i++) {
            builder.column(columns.get(i), types.get(i).dataType());
        }
        return builder.build();
    }

    @Override
    public TablePath defaultTable() {
        String name =
                file.getFileName().toString().replaceFirst("\\.[^.]*$", "").replaceAll("[^A-Za-z0-9_-]", "_");
        return TablePath.of("market", name.isEmpty() ? "csv" : name);
    }

    @Override
    public Schema schema() {
        return schema;
    }

    @Override
    public List<Source> sources() {
        return List.of(this::next);
    }

    @Override
    public String description() {
        return "the rows of " + file;
    }

    private boolean next(GenericRow row) {
        CsvRecord line = sample.isEmpty() ? read() : sample.poll();
        if (line == null) {
            return false;
        }
        checkFieldCount(line);
        for (int i = 0; i < types.size(); i++) {
            String text = line.getField(i);
            if (text.isEmpty()) {
                row.setNull(i);
            } else {
                set(row, i, text, line);
            }
        }
        return true;
    }

    private void set(GenericRow row, int pos, String text, CsvRecord line) {
        CsvType type = types.get(pos);
        try {
            type.set(row, pos, text);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw malformed(
                    line,
                    "column '" + columns.get(pos) + "': '" + text + "' is not a "
                            + type.dataType().asSummaryString() + ", which the first " + SAMPLE_ROWS + " lines are");
        }
    }

    private void checkFieldCount(CsvRecord line) {
        if (line.getFieldCount() != columns.size()) {
            throw malformed(line, line.getFieldCount() + " fields where the header has " + columns.size());
        }
    }

    /** The next line, null at the end. */
    private CsvRecord read() {
        try {
            return records.hasNext() ? records.next() : null;
        } catch (CsvParseException | UncheckedIOException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new QuickstartException(file + ": " + e.getMessage() + " (" + cause + ")", e);
        }
    }

    private QuickstartException malformed(CsvRecord line, String what) {
        return new QuickstartException(file + ", line " + line.getStartingLineNumber() + ": " + what);
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new UncheckedIOException("could not close " + file, e);
        }
    }
}
