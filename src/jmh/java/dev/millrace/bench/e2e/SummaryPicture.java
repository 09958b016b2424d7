package dev.millrace.bench.e2e;

import dev.millrace.bench.results.ContestantResult;
import dev.millrace.bench.results.Metric;
import dev.millrace.bench.results.Results;
import dev.millrace.bench.results.Spread;
import dev.millrace.bench.results.WorkloadResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** How many times better Millrace is, a pair of bars a workload, as SVG for the README; light and dark. */
final class SummaryPicture {
    private static final int WIDTH = 760;
    private static final int LABELS = 250;
    private static final int RIGHT = 60;
    private static final int TOP = 64;
    private static final int ROW = 44;
    private static final int BAR = 13;
    private static final double LEAST = 0.5;
    /** For the report: variations of what is shown. */
    private static final Set<String> LEFT_OUT = Set.of("shapes", "buckets");

    private static final String HEAD = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="13">
            <title>How many times better Millrace is than the official client</title>
            <style>
              .page { fill: #fcfcfb } .text { fill: #0b0b0b } .soft { fill: #52514e } .speed { fill: #2a78d6 } .cpu { fill: #1baf7a }
              .line { stroke: #e4e3df } .one { stroke: #52514e } .span { stroke: #0b0b0b }
              @media (prefers-color-scheme: dark) {
                .page { fill: #1a1a19 } .text { fill: #ffffff } .soft { fill: #c3c2b7 } .speed { fill: #3987e5 } .cpu { fill: #199e70 }
                .line { stroke: #383835 } .one { stroke: #c3c2b7 } .span { stroke: #ffffff }
              }
            </style>
            <rect class="page" width="100%%" height="100%%" rx="8"/>
            <text class="text" x="16" y="26" font-weight="600">Millrace against the official client 0.9.1: times better</text>
            <rect class="speed" x="16" y="38" width="12" height="12" rx="2"/><text class="soft" x="34" y="49">speed</text>
            <rect class="cpu" x="90" y="38" width="12" height="12" rx="2"/><text class="soft" x="108" y="49">CPU</text>
            <text class="soft" x="%d" y="49" text-anchor="end">logarithmic; lines span the rounds</text>
            """;

    private final List<WorkloadResult> workloads;
    private final double most;
    private final StringBuilder svg = new StringBuilder();

    SummaryPicture(final Results run) {
        workloads = run.workloads().stream()
                .filter(workload -> !LEFT_OUT.contains(workload.group()))
                .filter(workload -> speed(workload).isPresent())
                .toList();
        most = workloads.stream()
                .flatMap(workload -> Stream.concat(speed(workload).stream(), cpu(workload).stream()))
                .mapToDouble(Spread::max)
                .max()
                .orElse(10);
    }

    private static Optional<ContestantResult> ours(final WorkloadResult workload) {
        return workload.against().startsWith("official")
                ? workload.contestants().stream()
                        .filter(contestant -> contestant.name().equals("millrace"))
                        .findFirst()
                : Optional.empty();
    }

    private static Optional<Spread> speed(final WorkloadResult workload) {
        final List<Metric> metrics = workload.group().equals("mixed")
                ? List.of(Metric.RATE)
                : List.of(Metric.P50, Metric.START, Metric.SIZE, Metric.RATE);
        return ours(workload)
                .flatMap(contestant -> metrics.stream()
                        .flatMap(metric -> contestant.timesBetter(metric).stream())
                        .findFirst());
    }

    private static Optional<Spread> cpu(final WorkloadResult workload) {
        return ours(workload).flatMap(contestant -> contestant.timesBetter(Metric.CPU));
    }

    private double x(final double value) {
        final double part = Math.log(Math.max(LEAST, value) / LEAST) / Math.log(most / LEAST);
        return LABELS + part * (WIDTH - LABELS - RIGHT);
    }

    String svg() {
        final int height = TOP + workloads.size() * ROW + 34;
        svg.append(HEAD.formatted(WIDTH, height, WIDTH - 16));
        for (final double value : ticks()) {
            append(
                    "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                    value == 1 ? "one" : "line", x(value), x(value), TOP - 4, height - 28);
            append(
                    "<text class=\"soft\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0fx</text>",
                    x(value), height - 10, value);
        }
        for (int i = 0; i < workloads.size(); i++) {
            addRow(workloads.get(i), TOP + i * ROW + 6);
        }
        return svg.append("</svg>\n").toString();
    }

    private List<Double> ticks() {
        final List<Double> ticks = new ArrayList<>();
        for (double value = 1; value <= most; value *= 10) {
            for (final double step : new double[] {1, 2, 5}) {
                if (value * step <= most) {
                    ticks.add(value * step);
                }
            }
        }
        return ticks;
    }

    private void addRow(final WorkloadResult workload, final int y) {
        append(
                "<text class=\"text\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
                LABELS - 12, y + 13, workload.title());
        final String whom = workload.contestants().stream()
                .filter(contestant -> contestant.name().equals(workload.against()))
                .findFirst()
                .orElseThrow()
                .title();
        append(
                "<text class=\"soft\" x=\"%d\" y=\"%d\" text-anchor=\"end\" font-size=\"11\">%s</text>",
                LABELS - 12, y + 28, workload.against().equals("official") ? "" : "against " + whom);
        speed(workload).ifPresent(spread -> addBar("speed", spread, y));
        cpu(workload).ifPresent(spread -> addBar("cpu", spread, y + BAR + 3));
    }

    private void addBar(final String kind, final Spread spread, final int y) {
        final double from = Math.min(x(1), x(spread.median()));
        append(
                "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>",
                kind, from, y, Math.abs(x(spread.median()) - x(1)), BAR);
        append(
                "<line class=\"span\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                x(spread.min()), x(spread.max()), y + BAR / 2, y + BAR / 2);
        append(
                "<text class=\"text\" x=\"%.1f\" y=\"%d\" font-size=\"11\">%s</text>",
                x(Math.max(1, spread.max())) + 6,
                y + BAR - 3,
                String.format(Locale.ROOT, spread.median() < 10 ? "%.1fx" : "%.0fx", spread.median()));
    }

    private void append(final String format, final Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
