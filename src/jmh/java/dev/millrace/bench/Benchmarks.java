package dev.millrace.bench;

import dev.millrace.testkit.FlussCluster;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
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
        final boolean pinned = Runtime.getRuntime().availableProcessors() >= 2 && pin("0");
        try (FlussCluster cluster = FlussCluster.processes(1)) {
            if (pinned) {
                pin("1");
            }
            System.out.println("servers at " + cluster.bootstrapServers()
                    + (pinned ? ", on processor 0; clients on processor 1" : ", not pinned"));
            final ChainedOptionsBuilder options = new OptionsBuilder()
                    .parent(new CommandLineOptions(args))
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

    /** Keeps this process, and the children it starts from now on, to one processor. */
    private static boolean pin(final String processor) throws InterruptedException {
        try {
            final Process taskset = new ProcessBuilder(
                            "taskset",
                            "-a",
                            "-cp",
                            processor,
                            String.valueOf(ProcessHandle.current().pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return taskset.waitFor(5, TimeUnit.SECONDS) && taskset.exitValue() == 0;
        } catch (IOException e) {
            System.out.println("no taskset here: " + e.getMessage());
            return false;
        }
    }
}
