package dev.millrace.bench.rpc;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.bench.TickTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.admin.Admin;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A request that carries next to nothing, and its answer: which databases there are. Beside it, a bare ping. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class RoundTripBenchmark {
    private final ByteBuffer request = BareCalls.ping();
    private BareCalls bare;
    private FlussConnection millrace;
    private FlussAdmin millraceAdmin;
    private Connection official;
    private Admin officialAdmin;

    /** Opens all; those that are not measured stay idle. */
    @Setup
    public void open() throws IOException {
        bare = new BareCalls();
        millrace = FlussConnection.connect(
                Config.builder().bootstrapServers(TickTable.bootstrap()).build());
        millraceAdmin = millrace.getAdmin();
        final Configuration configuration = new Configuration();
        configuration.set(
                ConfigOptions.BOOTSTRAP_SERVERS, List.of(TickTable.bootstrap().split(",")));
        official = ConnectionFactory.createConnection(configuration);
        officialAdmin = official.getAdmin();
    }

    /** Closes all. */
    @TearDown
    public void close() throws Exception {
        bare.close();
        millrace.close();
        official.close();
    }

    /** The server's smallest request over a blocking socket. */
    @Benchmark
    public int ping() throws IOException {
        return bare.send(request);
    }

    /** Millrace. */
    @Benchmark
    public List<String> millrace() {
        return millraceAdmin.listDatabases();
    }

    /** The official client. */
    @Benchmark
    public List<String> official() throws Exception {
        return officialAdmin.listDatabases().get();
    }
}
