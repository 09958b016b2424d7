package dev.millrace.examples.telemetry;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.WriteResultFuture;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Collects the readings of thousands of devices into a table that is partitioned by day. Each device has a virtual thread,
 * which blocks where it has to wait, and all share one writer. A device is told that its readings are stored when they are,
 * and is not asked for more before: so what it sends is held up by the cluster, and nothing is lost when the collector
 * stops. After a failure or a crash a device sends again what may be stored already: each reading is stored at least once.
 */
public final class TelemetryCollector implements AutoCloseable {
    private static final int BUCKETS = 4;
    private static final Duration RECEIVE = Duration.ofMillis(200);

    private final AppendWriter writer;
    private final int device;
    private final int day;
    private final int time;
    private final int celsius;
    private final int battery;
    private final ExecutorService devices = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("device-", 0).factory());
    private volatile boolean isClosing;

    TelemetryCollector(FlussConnection connection, TablePath table) {
        writer = connection.getTable(table).newAppend().createWriter();
        device = writer.column("device");
        day = writer.column("day");
        time = writer.column("time");
        celsius = writer.column("celsius");
        battery = writer.column("battery");
    }

    static void createTable(FlussAdmin admin, TablePath table) {
        Schema schema = Schema.builder()
                .column("device", DataTypes.BIGINT())
                .column("day", DataTypes.STRING())
                .column("time", DataTypes.TIMESTAMP_LTZ(3))
                .column("celsius", DataTypes.DOUBLE())
                .column("battery", DataTypes.INT())
                .build();
        TableDescriptor descriptor = TableDescriptor.builder()
                .schema(schema)
                .partitionedBy("day")
                .distributedBy(BUCKETS, "device")
                .build();
        admin.createDatabase(table.database(), true);
        admin.createTable(table, descriptor, true);
    }

    /** The partition of a time, as in 20260301. Partitions that are missing are created by the writer. */
    static String day(Instant time) {
        return LocalDate.ofInstant(time, ZoneOffset.UTC).format(DateTimeFormatter.BASIC_ISO_DATE);
    }

    /**
     * Serves a device until the collector is closed.
     *
     * @return fails with what ended the service before, an error of the cluster or of the device; it may be connected anew.
     */
    Future<?> connect(Device connected) {
        return devices.submit(() -> {
            serve(connected);
            return null;
        });
    }

    private void serve(Device connected) throws InterruptedException {
        GenericRow row = writer.newRow();
        row.setLong(device, connected.id());
        while (!isClosing) {
            List<Device.Reading> readings = connected.receive(RECEIVE);
            store(readings, row);
            connected.acknowledge(readings.size());
        }
    }

    /** Appends all, which waits while write memory is full, and then waits until the servers have them. */
    private void store(List<Device.Reading> readings, GenericRow row) {
        List<WriteResultFuture> results = new ArrayList<>(readings.size());
        for (Device.Reading reading : readings) {
            row.setString(day, day(reading.time()));
            row.setEpochMillis(time, reading.time().toEpochMilli());
            row.setDouble(celsius, reading.celsius());
            row.setInt(battery, reading.batteryPercent());
            results.add(writer.append(row));
        }
        // What all these threads wait for travels in a few requests, and a waiter makes its batch leave at once.
        results.forEach(WriteResultFuture::await);
    }

    /** Stops asking devices for readings, and returns when those received are stored and acknowledged. */
    @Override
    public void close() {
        isClosing = true;
        devices.close();
        writer.close();
    }

    /** Serves devices that are made up, for a while. Takes the bootstrap servers, the database, and for how many seconds. */
    public static void main(String[] args) throws InterruptedException, ExecutionException {
        TablePath table = TablePath.of(args[1], "readings");
        // Rows that wait for the servers may take this much; devices wait for the rest.
        Config config = Config.builder()
                .bootstrapServers(args[0])
                .writerBufferMemorySize(16 << 20)
                .build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            createTable(connection.getAdmin(), table);
            List<Future<?>> served = new ArrayList<>();
            try (TelemetryCollector collector = new TelemetryCollector(connection, table)) {
                for (int id = 0; id < 2_000; id++) {
                    served.add(collector.connect(new SimulatedDevice(id)));
                }
                Thread.sleep(Duration.ofSeconds(Long.parseLong(args[2])));
            }
            for (Future<?> device : served) {
                device.get();
            }
            System.out.println(DayReport.read(connection, table, day(Instant.now())));
        }
    }
}
