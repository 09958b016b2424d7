package dev.millrace.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.Supplier;

/**
 * Gives the metrics of a connection to Micrometer, under the names of {@link ClientMetric} and with its labels as tags.
 * Needs {@code io.micrometer:micrometer-core} on the class path, which Millrace does not bring; nothing else here does.
 *
 * <pre>{@code
 * new MillraceMeterBinder(connection::metrics).bindTo(registry);
 * }</pre>
 *
 * <p>Counters become function counters, gauges gauges. A histogram becomes a summary with the number of its values, their
 * sum and the largest, and gauges {@code <name>.percentile} with the tag {@code phi}, over the life of the connection.
 * The registry asks when it publishes; nothing runs in between. Series come and go, those of a bucket with its
 * subscription: one that is new is registered when others are read, and so may be seen at the next publication only.
 *
 * <p>Immutable; safe for any number of threads. Several connections that are bound to one registry need tags of their own
 * to be told apart.
 */
public final class MillraceMeterBinder implements MeterBinder {
    private final Supplier<ClientMetrics> source;
    private final Tags tags;

    /**
     * Binds without further tags.
     *
     * @param source {@code connection::metrics}; called when a registry publishes, also after the connection is closed.
     */
    public MillraceMeterBinder(final Supplier<ClientMetrics> source) {
        this(source, List.of());
    }

    /**
     * Binds with tags that all meters get, such as the name of the cluster.
     *
     * @param source {@code connection::metrics}; called when a registry publishes, also after the connection is closed.
     * @param tags copied.
     */
    public MillraceMeterBinder(final Supplier<ClientMetrics> source, final Iterable<Tag> tags) {
        this.source = source;
        this.tags = Tags.of(tags);
    }

    /**
     * Registers the meters. They stay in the registry when the connection closes, until they are removed from it.
     *
     * @param registry any; the same one is to be given once only.
     */
    @Override
    public void bindTo(final MeterRegistry registry) {
        new BoundMeters(registry, source, tags).refresh();
    }
}
