package dev.millrace.bench;

import dev.millrace.testkit.FlussCluster;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Starts one server process, and the benchmarks against it, each in a fork of its own. Takes JMH's own arguments.
 *
 * <p>Where {@code taskset} is at hand and there are two processors, the servers keep to the first and the clients to
 * the second, so that neither lives at the other's cost.
 */
public final class Benchmarks {
    private Benchmarks() {}

    /** Runs them. */
    public static void main(final String[] args) throws Exception {
        final CommandLineOptions arguments = new CommandLineOptions(args);
        if (arguments.shouldHelp()) {
            arguments.showHelp();
            return;
        }
        if (arguments.shouldList()) {
            new Runner(arguments).list();
            return;
        }
        final boolean pinned = Processors.forServers();
        try (FlussCluster cluster = FlussCluster.processes(1)) {
            if (pinned) {
                Processors.forClients();
            }
            System.out.println("servers at " + cluster.bootstrapServers()
                    + (pinned ? ", on processor 0; clients on processor 1" : ", not pinned"));
            final ChainedOptionsBuilder options = new OptionsBuilder()
                    .parent(arguments)
                    .addProfiler(GCProfiler.class)
                    .addProfiler(CpuProfiler.class)
                    .jvmArgsAppend(
                            "-Dmillrace.bootstrap=" + cluster.bootstrapServers(),
                            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                            "--add-opens=java.base/java.nio=ALL-UNNAMED",
                            "-Xmx2g")
                    .resultFormat(ResultFormatType.JSON)
                    .result("target/jmh-result.json");
            new Runner(options.build()).run();
        }
    }
}
