package dev.millrace.bench.e2e;

import dev.millrace.bench.client.Client;
import dev.millrace.bench.client.MillraceClient;
import dev.millrace.bench.client.OfficialClient;
import java.io.IOException;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * Who does a workload.
 *
 * @param settings beside the defaults, under the official client's keys.
 */
record Contestant(String name, String title, Kind kind, Map<String, String> settings, Work.Opener opener) {
    enum Kind {
        MILLRACE,
        OFFICIAL,
        /** The Rust client. */
        RUST,
        /** Not a client: what the machine takes for the same bytes. */
        LIMIT
    }

    static Contestant millrace(
            final String name, final String title, final Map<String, String> settings, final Work.OfClient work) {
        return new Contestant(
                name, title, Kind.MILLRACE, settings, servers -> open(new MillraceClient(servers, settings), work));
    }

    static Contestant official(
            final String name, final String title, final Map<String, String> settings, final Work.OfClient work) {
        return new Contestant(
                name, title, Kind.OFFICIAL, settings, servers -> open(new OfficialClient(servers, settings), work));
    }

    static Contestant rust(final String work) {
        return new Contestant("rust", "Rust client", Kind.RUST, Map.of(), new Rust(work));
    }

    static Contestant limit(final String name, final String title, final Work.Opener opener) {
        return new Contestant(name, title, Kind.LIMIT, Map.of(), opener);
    }

    private static Work open(final Client client, final Work.OfClient work) throws Exception {
        final Work opened = work.open(client);
        return new Work() {
            @Override
            public long run(final LongConsumer latency) throws Exception {
                return opened.run(latency);
            }

            @Override
            public void close() throws IOException {
                opened.close();
                client.close();
            }
        };
    }
}
