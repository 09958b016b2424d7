package dev.millrace.bench.e2e;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.Map;

/** The JVM of one contestant at one workload. Its last line are the figures. */
final class Fork {
    static final String FIGURES = "figures ";

    private Fork() {}

    /** Takes the servers, the database, the workload, the contestant, and how long to warm up and to measure. */
    public static void main(final String[] args) throws Exception {
        final Workload workload = Workloads.in(args[1]).stream()
                .filter(candidate -> candidate.name().equals(args[2]))
                .findFirst()
                .orElseThrow();
        final Meter meter = new Meter();
        try (Work work = workload.contestant(args[3]).opener().open(args[0])) {
            final long before = workload.isStartUp()
                    ? 0
                    : repeat(work, meter, Duration.parse(args[4]).toNanos(), workload.most() / 4);
            final long count = repeat(work, meter, Duration.parse(args[5]).toNanos(), workload.most());
            final Map<String, Double> figures = meter.stop(count);
            figures.put("total", (double) (before + count));
            System.out.println(FIGURES + new ObjectMapper().writeValueAsString(figures));
        }
    }

    /** Until the time is over or so much is done, and at least once. */
    private static long repeat(final Work work, final Meter meter, final long ns, final long most) throws Exception {
        meter.start();
        long count = 0;
        do {
            count += work.run(meter);
        } while (meter.elapsedNs() < ns && count < most);
        return count;
    }
}
