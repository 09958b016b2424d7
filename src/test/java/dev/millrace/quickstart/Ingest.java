package dev.millrace.quickstart;

import dev.millrace.metadata.Schema;
import dev.millrace.row.GenericRow;
import dev.millrace.write.AppendWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Streams a feed through one writer, a virtual thread for each of its sources. The first failure stops them all, and so does
 * whoever reads, by {@code stop}. Made and
 * joined by one thread.
 */
final class Ingest {
    private static final int COUNT_EVERY = 256;

    private final AppendWriter writer;
    private final Schema schema;
    private final Counters counters;
    private final BooleanSupplier stop;
    private final List<Thread> threads = new ArrayList<>();
    private final List<ColumnSums> sums = new ArrayList<>();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    Ingest(AppendWriter writer, Feed feed, Counters counters, BooleanSupplier stop) {
        this.writer = writer;
        this.schema = feed.schema();
        this.counters = counters;
        this.stop = stop;
        List<Feed.Source> sources = feed.sources();
        for (int i = 0; i < sources.size(); i++) {
            Feed.Source source = sources.get(i);
            ColumnSums written = new ColumnSums(schema);
            sums.add(written);
            threads.add(Thread.ofVirtual().name("writer-" + i).start(() -> run(source, written)));
        }
    }

    private void run(Feed.Source source, ColumnSums written) {
        Acknowledgements acknowledgements = new Acknowledgements(counters.acknowledgements());
        try {
            pump(source, written, acknowledgements);
            writer.flush();
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e); // an Error too: a thread that just ended would look like one that is done
        } finally {
            accepted.addAndGet(acknowledgements.awaitAccepted());
        }
    }

    private void pump(Feed.Source source, ColumnSums written, Acknowledgements acknowledgements) {
        GenericRow row = new GenericRow(schema.columns().size());
        long bytesCounted = 0;
        long rowsCounted = 0;
        while (failure.get() == null && !stop.getAsBoolean() && source.next(row)) {
            acknowledgements.appended(writer.append(row));
            written.add(row);
            if (written.rows() - rowsCounted == COUNT_EVERY) {
                counters.in(COUNT_EVERY, written.valueBytes() - bytesCounted);
                rowsCounted = written.rows();
                bytesCounted = written.valueBytes();
            }
        }
        counters.in(written.rows() - rowsCounted, written.valueBytes() - bytesCounted);
    }

    /** Waits for the writing threads and returns what they wrote, all of it acknowledged; else throws what stopped them. */
    ColumnSums await() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
        Failures.rethrow(failure.get());
        ColumnSums total = new ColumnSums(schema);
        sums.forEach(total::add);
        return total;
    }

    /** Rows acknowledged; final once {@link #await} has returned or thrown. */
    long accepted() {
        return accepted.get();
    }
}
