package dev.millrace.write;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/**
 * A program of its own that writes from many threads whether or not the server answers, until a line arrives on its
 * input. Says {@code WRITING} once the first row is acknowledged, and at the end what became of the others.
 */
final class StalledWriter {
    static final int MEMORY = 16 << 20;
    private static final int THREADS = 50;
    private static final String TEXT = "x".repeat(100);

    private static final LongAdder APPENDED = new LongAdder();
    private static final LongAdder REFUSED = new LongAdder();
    private static volatile boolean over;

    private StalledWriter() {}

    public static void main(final String[] arguments) throws Exception {
        final Config config = Config.builder()
                .bootstrapServers(arguments[0])
                .writerBufferMemorySize(MEMORY)
                .writerBufferWaitTimeout(Duration.ofMillis(100))
                .requestTimeout(Duration.ofSeconds(1))
                .writerDeliveryTimeout(Duration.ofSeconds(2))
                .build();
        // On a busy machine a JVM takes long to connect for the first time.
        FlussConnection.connect(Config.builder().bootstrapServers(arguments[0]).build())
                .close();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            final AppendWriter writer = connection
                    .getTable(TablePath.of(arguments[1], arguments[2]))
                    .newAppend()
                    .createWriter();
            writer.append(GenericRow.fromData(0, TEXT)).await();
            System.out.println("WRITING");
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < THREADS; i++) {
                    threads.submit(() -> write(writer));
                }
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
                over = true;
            }
            try {
                writer.flush();
            } catch (DeliveryTimeoutException e) {
                // Of rows that were given up while the server was silent.
                System.out.println("GIVEN UP");
            }
            writer.append(GenericRow.fromData(-1, TEXT)).await();
        }
        System.out.println(
                "APPENDED " + APPENDED + " REFUSED " + REFUSED + " LEFT " + OffHeapPool.totalOutstandingBytes());
    }

    private static void write(final AppendWriter writer) {
        final GenericRow row = new GenericRow(2);
        row.setString(1, TEXT);
        for (int n = 0; !over; n++) {
            row.setInt(0, n);
            try {
                writer.append(row);
                APPENDED.increment();
            } catch (BufferExhaustedException e) {
                REFUSED.increment();
            }
        }
    }
}
