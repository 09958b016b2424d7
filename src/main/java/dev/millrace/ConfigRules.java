package dev.millrace;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What must hold for the options of a {@link Config}, each alone and together. */
final class ConfigRules {
    private static final List<String> ACKS = List.of("all", "-1", "0", "1");
    private static final int MAX_IDEMPOTENT_INFLIGHT = 5;

    /** Requests carry times as 32-bit milliseconds. */
    private static final Duration LONGEST_ON_WIRE = Duration.ofMillis(Integer.MAX_VALUE);

    /** Deadlines are sums of nanoseconds in a long. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private ConfigRules() {}

    static void check(final Config config) {
        checkBootstrapServers(config.bootstrapServers());
        checkWriter(config);
        checkScanner(config);
        checkLookup(config);
        checkTime("requestTimeout", config.requestTimeout(), LONGEST_ON_WIRE);
        checkTime("connectTimeout", config.connectTimeout(), LONGEST);
        checkSecurity(config);
    }

    private static void checkBootstrapServers(final String servers) {
        for (final String server : servers.split(",", -1)) {
            if (!isHostAndPort(server.trim())) {
                throw refused(
                        "bootstrapServers",
                        servers,
                        "a list of host:port separated by commas, with ports from 1 to 65535");
            }
        }
    }

    private static boolean isHostAndPort(final String server) {
        final int colon = server.lastIndexOf(':');
        if (colon <= 0) {
            return false;
        }
        // Colons in the host are those of an IPv6 address, and only brackets tell them from the one before the port.
        final String host = server.substring(0, colon);
        final boolean isBracketed = host.startsWith("[") && host.endsWith("]");
        if (host.isBlank() || host.indexOf(':') >= 0 && !isBracketed) {
            return false;
        }
        try {
            final int port = Integer.parseInt(server.substring(colon + 1));
            return port >= 1 && port <= 65_535;
        } catch (final NumberFormatException e) {
            return false;
        }
    }

    private static void checkWriter(final Config config) {
        checkPositive("writerRequestMaxSize", config.writerRequestMaxSize());
        checkPositive("writerBatchSize", config.writerBatchSize());
        checkAtMost("writerBatchSize", config.writerBatchSize(), "writerRequestMaxSize", config.writerRequestMaxSize());
        checkPositive("writerBufferMemorySize", config.writerBufferMemorySize());
        checkAtMost(
                "writerBatchSize", config.writerBatchSize(), "writerBufferMemorySize", config.writerBufferMemorySize());
        if (!ACKS.contains(config.writerAcks())) {
            throw refused("writerAcks", config.writerAcks(), "one of all, -1, 0, 1");
        }
        checkNotNegative("writerRetries", config.writerRetries());
        checkTimeOrZero("writerBatchTimeout", config.writerBatchTimeout(), LONGEST);
        checkTime("writerBufferWaitTimeout", config.writerBufferWaitTimeout(), LONGEST);
        checkTime("writerDeliveryTimeout", config.writerDeliveryTimeout(), LONGEST);
        if (config.writerDeliveryTimeout().compareTo(config.writerBatchTimeout()) <= 0) {
            throw refused(
                    "writerDeliveryTimeout",
                    config.writerDeliveryTimeout(),
                    "longer than writerBatchTimeout=" + config.writerBatchTimeout()
                            + ", or rows could end before they are sent");
        }
        checkPositive("writerMaxInflightRequestsPerBucket", config.writerMaxInflightRequestsPerBucket());
        if (config.writerEnableIdempotence()) {
            checkIdempotence(config);
        }
    }

    private static void checkIdempotence(final Config config) {
        if (!config.writerAcks().equals("all") && !config.writerAcks().equals("-1")) {
            throw refused(
                    "writerAcks",
                    config.writerAcks(),
                    "all or -1 with writerEnableIdempotence=true; set that to false for weaker acknowledgements");
        }
        if (config.writerRetries() == 0) {
            throw refused(
                    "writerRetries",
                    0,
                    "at least 1 with writerEnableIdempotence=true; set that to false for no retries");
        }
        if (config.writerMaxInflightRequestsPerBucket() > MAX_IDEMPOTENT_INFLIGHT) {
            throw refused(
                    "writerMaxInflightRequestsPerBucket",
                    config.writerMaxInflightRequestsPerBucket(),
                    "at most " + MAX_IDEMPOTENT_INFLIGHT + " with writerEnableIdempotence=true");
        }
    }

    private static void checkScanner(final Config config) {
        checkPositive("scannerRemoteLogPrefetchNum", config.scannerRemoteLogPrefetchNum());
        checkPositive("remoteFileDownloadThreadNum", config.remoteFileDownloadThreadNum());
        checkPositive("scannerRemoteLogReadConcurrency", config.scannerRemoteLogReadConcurrency());
        checkPositive("scannerLogMaxPollRecords", config.scannerLogMaxPollRecords());
        checkPositive("scannerLogFetchMaxBytes", config.scannerLogFetchMaxBytes());
        checkPositive("scannerLogFetchMinBytes", config.scannerLogFetchMinBytes());
        checkAtMost(
                "scannerLogFetchMinBytes",
                config.scannerLogFetchMinBytes(),
                "scannerLogFetchMaxBytes",
                config.scannerLogFetchMaxBytes());
        checkTimeOrZero("scannerLogFetchWaitMaxTime", config.scannerLogFetchWaitMaxTime(), LONGEST_ON_WIRE);
        checkPositive("scannerLogFetchMaxBytesForBucket", config.scannerLogFetchMaxBytesForBucket());
        checkAtMost(
                "scannerLogFetchMaxBytesForBucket",
                config.scannerLogFetchMaxBytesForBucket(),
                "scannerLogFetchMaxBytes",
                config.scannerLogFetchMaxBytes());
        checkPositive("scannerBufferMemorySize", config.scannerBufferMemorySize());
        checkAtMost(
                "scannerLogFetchMaxBytes",
                config.scannerLogFetchMaxBytes(),
                "scannerBufferMemorySize",
                config.scannerBufferMemorySize());
    }

    private static void checkLookup(final Config config) {
        checkPositive("lookupMaxBatchSize", config.lookupMaxBatchSize());
        checkPositive("lookupMaxInflightRequests", config.lookupMaxInflightRequests());
        checkNotNegative("lookupMaxRetries", config.lookupMaxRetries());
    }

    private static void checkSecurity(final Config config) {
        if (!config.securitySaslMechanism().toUpperCase(Locale.ROOT).equals("PLAIN")) {
            throw refused("securitySaslMechanism", config.securitySaslMechanism(), "PLAIN");
        }
        if (config.securityProtocol() == SecurityProtocol.SASL
                && (config.securitySaslUsername().isEmpty()
                        || config.securitySaslPassword().isEmpty())) {
            throw new IllegalArgumentException(
                    "securityProtocol=SASL needs both securitySaslUsername and securitySaslPassword");
        }
    }

    private static void checkPositive(final String option, final long value) {
        if (value <= 0) {
            throw refused(option, value, "above zero");
        }
    }

    private static void checkNotNegative(final String option, final long value) {
        if (value < 0) {
            throw refused(option, value, "zero or above");
        }
    }

    private static void checkAtMost(final String option, final long value, final String boundOption, final long bound) {
        if (value > bound) {
            throw refused(option, value, "at most " + boundOption + "=" + bound);
        }
    }

    private static void checkTime(final String option, final Duration value, final Duration longest) {
        if (value.isZero()) {
            throw refused(option, value, "above zero");
        }
        checkTimeOrZero(option, value, longest);
    }

    private static void checkTimeOrZero(final String option, final Duration value, final Duration longest) {
        if (value.isNegative()) {
            throw refused(option, value, "zero or above");
        }
        if (value.compareTo(longest) > 0) {
            throw refused(option, value, "at most " + longest);
        }
    }

    private static IllegalArgumentException refused(final String option, final Object value, final String allowed) {
        return new IllegalArgumentException(option + "=" + value + " is not allowed; it must be " + allowed);
    }
}
