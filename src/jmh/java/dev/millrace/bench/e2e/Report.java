package dev.millrace.bench.e2e;

import dev.millrace.bench.results.Results;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;

/** What {@code benchmarks/report} starts: one page with all it needs, which takes nothing from a network. */
public final class Report {
    private static final String CHART_JS = "/META-INF/resources/webjars/chart.js/%s/dist/chart.umd.min.js";
    private static final String CHART_JS_VERSION = "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";

    private Report() {}

    /** Takes the files of runs, and where to write the summary as a picture. */
    public static void main(final String[] args) throws IOException {
        final List<Results> runs = new ArrayList<>();
        Path picture = null;
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--svg")) {
                picture = Path.of(args[++i]);
            } else {
                runs.add(Results.read(Path.of(args[i])));
            }
        }
        if (runs.isEmpty()) {
            System.err.println("benchmarks/report [--svg FILE] RUN.json... > report.html");
            System.exit(2);
        }
        runs.sort(Comparator.comparing(Results::recorded));
        if (picture != null) {
            Files.writeString(picture, new SummaryPicture(runs.getLast()).svg());
        }
        new PrintStream(System.out, false, StandardCharsets.UTF_8)
                .append(html(runs))
                .flush();
    }

    private static String html(final List<Results> runs) throws IOException {
        final StringBuilder json = new StringBuilder();
        for (final Results run : runs) {
            json.append(json.isEmpty() ? "[" : ",").append(run.json());
        }
        return resource("report.html")
                .replace("@RUNS@", json.append(']').toString().replace("<", "\\u003c"))
                .replace("@CHART_JS@", chartJs());
    }

    private static String chartJs() throws IOException {
        final Properties properties = new Properties();
        try (InputStream in = Report.class.getResourceAsStream(CHART_JS_VERSION)) {
            properties.load(in);
        }
        return resource(CHART_JS.formatted(properties.getProperty("version"))).replaceAll("//# sourceMappingURL.*", "");
    }

    private static String resource(final String name) throws IOException {
        try (InputStream in = Report.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException(name + " is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
