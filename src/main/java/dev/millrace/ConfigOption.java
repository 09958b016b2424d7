package dev.millrace;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Config} needs to know of each option in order to read it from text and to print it.
 *
 * @param name of the method, also the key.
 * @param officialKey the key in the official client, or null if that has no such option.
 * @param value of the option in a configuration.
 * @param reader parses a text and sets the option in a builder.
 */
record ConfigOption(
        String name,
        @Nullable String officialKey,
        Function<Config, Object> value,
        BiConsumer<Config.Builder, String> reader) {
    private static final String PASSWORD = "securitySaslPassword";

    static final List<ConfigOption> ALL = List.of(
            option(
                    "bootstrapServers",
                    "bootstrap.servers",
                    Config::bootstrapServers,
                    String::trim,
                    Config.Builder::bootstrapServers),
            option(
                    "writerRequestMaxSize",
                    "client.writer.request-max-size",
                    Config::writerRequestMaxSize,
                    OptionText::size,
                    Config.Builder::writerRequestMaxSize),
            option("writerAcks", "client.writer.acks", Config::writerAcks, String::trim, Config.Builder::writerAcks),
            option(
                    "writerRetries",
                    "client.writer.retries",
                    Config::writerRetries,
                    OptionText::integer,
                    Config.Builder::writerRetries),
            option(
                    "writerBatchSize",
                    "client.writer.batch-size",
                    Config::writerBatchSize,
                    OptionText::size,
                    Config.Builder::writerBatchSize),
            option(
                    "writerBatchTimeout",
                    "client.writer.batch-timeout",
                    Config::writerBatchTimeout,
                    OptionText::duration,
                    Config.Builder::writerBatchTimeout),
            option(
                    "writerBucketNoKeyAssigner",
                    "client.writer.bucket.no-key-assigner",
                    Config::writerBucketNoKeyAssigner,
                    text -> OptionText.constant(NoKeyAssigner.class, text),
                    Config.Builder::writerBucketNoKeyAssigner),
            option(
                    "writerBufferMemorySize",
                    "client.writer.buffer.memory-size",
                    Config::writerBufferMemorySize,
                    OptionText::longSize,
                    Config.Builder::writerBufferMemorySize),
            option(
                    "writerBufferWaitTimeout",
                    "client.writer.buffer.wait-timeout",
                    Config::writerBufferWaitTimeout,
                    OptionText::duration,
                    Config.Builder::writerBufferWaitTimeout),
            option(
                    "writerDeliveryTimeout",
                    null,
                    Config::writerDeliveryTimeout,
                    OptionText::duration,
                    Config.Builder::writerDeliveryTimeout),
            option(
                    "writerEnableIdempotence",
                    "client.writer.enable-idempotence",
                    Config::writerEnableIdempotence,
                    OptionText::bool,
                    Config.Builder::writerEnableIdempotence),
            option(
                    "writerMaxInflightRequestsPerBucket",
                    "client.writer.max-inflight-requests-per-bucket",
                    Config::writerMaxInflightRequestsPerBucket,
                    OptionText::integer,
                    Config.Builder::writerMaxInflightRequestsPerBucket),
            option(
                    "writerDynamicCreatePartitionEnabled",
                    "client.writer.dynamic-create-partition.enabled",
                    Config::writerDynamicCreatePartitionEnabled,
                    OptionText::bool,
                    Config.Builder::writerDynamicCreatePartitionEnabled),
            option(
                    "scannerRemoteLogPrefetchNum",
                    "client.scanner.remote-log.prefetch-num",
                    Config::scannerRemoteLogPrefetchNum,
                    OptionText::integer,
                    Config.Builder::scannerRemoteLogPrefetchNum),
            option(
                    "remoteFileDownloadThreadNum",
                    "client.remote-file.download-thread-num",
                    Config::remoteFileDownloadThreadNum,
                    OptionText::integer,
                    Config.Builder::remoteFileDownloadThreadNum),
            option(
                    "scannerRemoteLogReadConcurrency",
                    null,
                    Config::scannerRemoteLogReadConcurrency,
                    OptionText::integer,
                    Config.Builder::scannerRemoteLogReadConcurrency),
            option(
                    "scannerLogMaxPollRecords",
                    "client.scanner.log.max-poll-records",
                    Config::scannerLogMaxPollRecords,
                    OptionText::integer,
                    Config.Builder::scannerLogMaxPollRecords),
            option(
                    "scannerLogFetchMaxBytes",
                    "client.scanner.log.fetch.max-bytes",
                    Config::scannerLogFetchMaxBytes,
                    OptionText::size,
                    Config.Builder::scannerLogFetchMaxBytes),
            option(
                    "scannerLogFetchMinBytes",
                    "client.scanner.log.fetch.min-bytes",
                    Config::scannerLogFetchMinBytes,
                    OptionText::size,
                    Config.Builder::scannerLogFetchMinBytes),
            option(
                    "scannerLogFetchWaitMaxTime",
                    "client.scanner.log.fetch.wait-max-time",
                    Config::scannerLogFetchWaitMaxTime,
                    OptionText::duration,
                    Config.Builder::scannerLogFetchWaitMaxTime),
            option(
                    "scannerLogFetchMaxBytesForBucket",
                    "client.scanner.log.fetch.max-bytes-for-bucket",
                    Config::scannerLogFetchMaxBytesForBucket,
                    OptionText::size,
                    Config.Builder::scannerLogFetchMaxBytesForBucket),
            option(
                    "scannerLogCheckCrc",
                    "client.scanner.log.check-crc",
                    Config::scannerLogCheckCrc,
                    OptionText::bool,
                    Config.Builder::scannerLogCheckCrc),
            option(
                    "scannerLogOffsetReset",
                    "client.scanner.log.offset-reset",
                    Config::scannerLogOffsetReset,
                    text -> OptionText.constant(OffsetReset.class, text),
                    Config.Builder::scannerLogOffsetReset),
            option(
                    "scannerBufferMemorySize",
                    null,
                    Config::scannerBufferMemorySize,
                    OptionText::longSize,
                    Config.Builder::scannerBufferMemorySize),
            option(
                    "lookupMaxBatchSize",
                    "client.lookup.max-batch-size",
                    Config::lookupMaxBatchSize,
                    OptionText::integer,
                    Config.Builder::lookupMaxBatchSize),
            option(
                    "lookupMaxInflightRequests",
                    "client.lookup.max-inflight-requests",
                    Config::lookupMaxInflightRequests,
                    OptionText::integer,
                    Config.Builder::lookupMaxInflightRequests),
            option(
                    "lookupMaxRetries",
                    "client.lookup.max-retries",
                    Config::lookupMaxRetries,
                    OptionText::integer,
                    Config.Builder::lookupMaxRetries),
            option(
                    "requestTimeout",
                    "client.request-timeout",
                    Config::requestTimeout,
                    OptionText::duration,
                    Config.Builder::requestTimeout),
            option(
                    "connectTimeout",
                    "client.connect-timeout",
                    Config::connectTimeout,
                    OptionText::duration,
                    Config.Builder::connectTimeout),
            option(
                    "readerThread",
                    null,
                    Config::readerThread,
                    text -> OptionText.constant(ReaderThread.class, text),
                    Config.Builder::readerThread),
            option(
                    "securityProtocol",
                    "client.security.protocol",
                    Config::securityProtocol,
                    text -> OptionText.constant(SecurityProtocol.class, text),
                    Config.Builder::securityProtocol),
            option(
                    "securitySaslMechanism",
                    "client.security.sasl.mechanism",
                    Config::securitySaslMechanism,
                    String::trim,
                    Config.Builder::securitySaslMechanism),
            option(
                    "securitySaslUsername",
                    "client.security.sasl.username",
                    Config::securitySaslUsername,
                    text -> text,
                    Config.Builder::securitySaslUsername),
            option(
                    "securitySaslPassword",
                    "client.security.sasl.password",
                    Config::securitySaslPassword,
                    text -> text,
                    Config.Builder::securitySaslPassword));

    /** Options of the official client for which there is nothing here to set, and why. */
    private static final Map<String, String> WITHOUT_COUNTERPART = Map.of(
            "client.id", "servers of 0.9.1 do not take it",
            "client.writer.buffer.page-size", "write memory has no pages to size",
            "client.writer.buffer.per-request-memory-size", "write memory has no pages to size",
            "client.writer.dynamic-batch-size.enabled", "memory is taken as a batch grows",
            "client.lookup.queue-size", "waiting lookups are bounded by their callers",
            "client.lookup.batch-timeout", "lookups never wait for a batch to fill",
            "client.scanner.io.tmpdir", "remote segments are read without temporary files",
            "client.metrics.enabled", "metrics are always kept, and cost nothing while nobody reads them",
            "client.security.sasl.jaas.config", "set securitySaslUsername and securitySaslPassword instead");

    private static <T> ConfigOption option(
            final String name,
            final @Nullable String officialKey,
            final Function<Config, T> value,
            final Function<String, T> parser,
            final BiConsumer<Config.Builder, T> setter) {
        return new ConfigOption(
                name, officialKey, value::apply, (builder, text) -> setter.accept(builder, parser.apply(text)));
    }

    Object valueIn(final Config config) {
        return value.apply(config);
    }

    static void readAll(final Map<String, String> properties, final Config.Builder builder) {
        final Map<ConfigOption, String> keys = new HashMap<>();
        properties.forEach((key, text) -> {
            final ConfigOption option = find(key);
            final String otherKey = keys.put(option, key);
            if (otherKey != null) {
                throw new IllegalArgumentException(
                        "'" + otherKey + "' and '" + key + "' are the same option: give one of them");
            }
            option.read(key, text, builder);
        });
    }

    private void read(final String key, final String text, final Config.Builder builder) {
        try {
            reader.accept(builder, text);
        } catch (final IllegalArgumentException e) {
            throw new IllegalArgumentException(key + "=" + text + ": " + e.getMessage(), e);
        }
    }

    private static ConfigOption find(final String key) {
        return ALL.stream()
                .filter(option -> key.equals(option.name) || key.equals(option.officialKey))
                .findFirst()
                .orElseThrow(() -> unknown(key));
    }

    private static IllegalArgumentException unknown(final String key) {
        final String reason = WITHOUT_COUNTERPART.get(key);
        return new IllegalArgumentException(
                reason != null
                        ? "Option '" + key + "' is to be left out: " + reason
                        : "Unknown option '" + key + "': did you mean '" + nearestKey(key) + "'?");
    }

    private static String nearestKey(final String key) {
        return ALL.stream()
                .flatMap(
                        option -> Stream.of(option.name, option.officialKey == null ? option.name : option.officialKey))
                .min(Comparator.comparingInt(known -> EditDistance.between(key, known)))
                .orElseThrow();
    }

    static String describe(final Config config) {
        return ALL.stream()
                .map(option -> option.name + "=" + option.printableValueIn(config))
                .collect(Collectors.joining(", ", "Config[", "]"));
    }

    private Object printableValueIn(final Config config) {
        if (!name.equals(PASSWORD)) {
            return valueIn(config);
        }
        return config.securitySaslPassword().isEmpty() ? "" : "(hidden)";
    }
}
