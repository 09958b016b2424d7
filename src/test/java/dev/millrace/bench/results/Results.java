package dev.millrace.bench.results;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A run of the benchmarks, as it lies in a file.
 *
 * @param recorded when: the day and the time.
 * @param form full, or short: too short for more than an impression.
 * @param about the machine, the JDK, the versions.
 */
public record Results(String recorded, String form, Map<String, String> about, List<WorkloadResult> workloads) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** Reads a file. */
    public static Results read(final Path file) throws IOException {
        return JSON.readValue(file.toFile(), Results.class);
    }

    public void write(final Path file) throws IOException {
        JSON.writeValue(file.toFile(), this);
    }

    public String json() throws IOException {
        return JSON.writeValueAsString(this);
    }

    /** With the workloads of another run of the same day, which take the place of their namesakes. */
    public Results with(final List<WorkloadResult> others) {
        final List<WorkloadResult> all = new ArrayList<>(workloads);
        for (final WorkloadResult other : others) {
            final int place = all.stream().map(WorkloadResult::name).toList().indexOf(other.name());
            if (place < 0) {
                all.add(other);
            } else {
                all.set(place, other);
            }
        }
        return new Results(recorded, form, about, List.copyOf(all));
    }
}
