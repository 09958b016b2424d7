package dev.millrace;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * All options of a connection and of what is made from it. Immutable; every option has a default that suits most.
 *
 * <pre>{@code
 * Config config = Config.builder()
 *         .bootstrapServers("fluss-1:9123,fluss-2:9123")
 *         .writerBatchTimeout(Duration.ofMillis(20))
 *         .build();
 * }</pre>
 */
public final class Config {
    private static final int MIB = 1 << 20;

    private final String bootstrapServers;
    private final int writerRequestMaxSize;
    private final String writerAcks;
    private final int writerRetries;
    private final int writerBatchSize;
    private final Duration writerBatchTimeout;
    private final NoKeyAssigner writerBucketNoKeyAssigner;
    private final long writerBufferMemorySize;
    private final Duration writerBufferWaitTimeout;
    private final Duration writerDeliveryTimeout;
    private final boolean writerEnableIdempotence;
    private final int writerMaxInflightRequestsPerBucket;
    private final boolean writerDynamicCreatePartitionEnabled;
    private final int scannerRemoteLogPrefetchNum;
    private final int remoteFileDownloadThreadNum;
    private final int scannerRemoteLogReadConcurrency;
    private final int scannerLogMaxPollRecords;
    private final int scannerLogFetchMaxBytes;
    private final int scannerLogFetchMinBytes;
    private final Duration scannerLogFetchWaitMaxTime;
    private final int scannerLogFetchMaxBytesForBucket;
    private final boolean scannerLogCheckCrc;
    private final OffsetReset scannerLogOffsetReset;
    private final long scannerBufferMemorySize;
    private final int lookupMaxBatchSize;
    private final int lookupMaxInflightRequests;
    private final int lookupMaxRetries;
    private final Duration requestTimeout;
    private final Duration connectTimeout;
    private final ReaderThread readerThread;
    private final SecurityProtocol securityProtocol;
    private final String securitySaslMechanism;
    private final String securitySaslUsername;
    private final String securitySaslPassword;

    private Config(final Builder builder) {
        bootstrapServers = builder.bootstrapServers;
        writerRequestMaxSize = builder.writerRequestMaxSize;
        writerAcks = builder.writerAcks;
        writerRetries = builder.writerRetries;
        writerBatchSize = builder.writerBatchSize;
        writerBatchTimeout = builder.writerBatchTimeout;
        writerBucketNoKeyAssigner = builder.writerBucketNoKeyAssigner;
        writerBufferMemorySize = builder.writerBufferMemorySize;
        writerBufferWaitTimeout = builder.writerBufferWaitTimeout;
        writerDeliveryTimeout = builder.writerDeliveryTimeout;
        writerEnableIdempotence = builder.writerEnableIdempotence;
        writerMaxInflightRequestsPerBucket = builder.writerMaxInflightRequestsPerBucket;
        writerDynamicCreatePartitionEnabled = builder.writerDynamicCreatePartitionEnabled;
        scannerRemoteLogPrefetchNum = builder.scannerRemoteLogPrefetchNum;
        remoteFileDownloadThreadNum = builder.remoteFileDownloadThreadNum;
        scannerRemoteLogReadConcurrency = builder.scannerRemoteLogReadConcurrency;
        scannerLogMaxPollRecords = builder.scannerLogMaxPollRecords;
        scannerLogFetchMaxBytes = builder.scannerLogFetchMaxBytes;
        scannerLogFetchMinBytes = builder.scannerLogFetchMinBytes;
        scannerLogFetchWaitMaxTime = builder.scannerLogFetchWaitMaxTime;
        scannerLogFetchMaxBytesForBucket = builder.scannerLogFetchMaxBytesForBucket;
        scannerLogCheckCrc = builder.scannerLogCheckCrc;
        scannerLogOffsetReset = builder.scannerLogOffsetReset;
        scannerBufferMemorySize = builder.scannerBufferMemorySize;
        lookupMaxBatchSize = builder.lookupMaxBatchSize;
        lookupMaxInflightRequests = builder.lookupMaxInflightRequests;
        lookupMaxRetries = builder.lookupMaxRetries;
        requestTimeout = builder.requestTimeout;
        connectTimeout = builder.connectTimeout;
        readerThread = builder.readerThread;
        securityProtocol = builder.securityProtocol;
        securitySaslMechanism = builder.securitySaslMechanism;
        securitySaslUsername = builder.securitySaslUsername;
        securitySaslPassword = builder.securitySaslPassword;
        ConfigRules.check(this);
    }

    /**
     * Starts from the defaults.
     *
     * @return a new builder.
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Reads options from text, as a properties file has them. Keys are the names of the methods here, or those of the
     * official Java client, as {@code client.writer.batch-size}. Sizes are bytes or have a unit ({@code 2mb}), durations
     * have a unit ({@code 100ms}, {@code 3 min}).
     *
     * @param properties what is not there has its default.
     * @return the configuration.
     * @throws IllegalArgumentException if a key is not known, with the nearest one that is; or if a value is not allowed,
     *     with the key, the value and what is allowed.
     */
    public static Config fromProperties(final Map<String, String> properties) {
        final Builder builder = builder();
        ConfigOption.readAll(properties, builder);
        return builder.build();
    }

    /**
     * The same for a file that was loaded by {@link Properties#load}, the defaults of the properties included.
     *
     * @param properties keys and values are text.
     * @return the configuration.
     * @throws IllegalArgumentException as {@link #fromProperties(Map)}, or if a key or value is no text.
     */
    public static Config fromProperties(final Properties properties) {
        final Map<String, String> texts = new HashMap<>();
        properties.stringPropertyNames().forEach(key -> texts.put(key, properties.getProperty(key)));
        properties.forEach((key, value) -> {
            if (!(key instanceof String && value instanceof String)) {
                throw new IllegalArgumentException("Option '" + key + "' is set to no text but to a "
                        + value.getClass().getName());
            }
        });
        return fromProperties(texts);
    }

    /**
     * Where to find the cluster: servers to ask first, of which one that answers is enough.
     *
     * @return host and port, as {@code host:port}, several separated by commas.
     */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /**
     * The largest write request.
     *
     * @return bytes.
     */
    public int writerRequestMaxSize() {
        return writerRequestMaxSize;
    }

    /**
     * When a write counts as done: {@code all} or {@code -1} when all in-sync replicas have it, {@code 0} or {@code 1} when the leader has it.
     *
     * @return one of {@code all}, {@code -1}, {@code 0}, {@code 1}.
     */
    public String writerAcks() {
        return writerAcks;
    }

    /**
     * How often a batch is sent again after an error that may pass; {@link #writerDeliveryTimeout()} bounds it as well.
     *
     * @return 0 for never.
     */
    public int writerRetries() {
        return writerRetries;
    }

    /**
     * The size at which a batch of rows is full and leaves.
     *
     * @return bytes.
     */
    public int writerBatchSize() {
        return writerBatchSize;
    }

    /**
     * How long a batch that is not full waits for more rows. A thread that waits for the batch makes it leave at once.
     *
     * @return zero for not at all.
     */
    public Duration writerBatchTimeout() {
        return writerBatchTimeout;
    }

    /**
     * How rows of tables without a bucket key find their bucket.
     *
     * @return the strategy.
     */
    public NoKeyAssigner writerBucketNoKeyAssigner() {
        return writerBucketNoKeyAssigner;
    }

    /**
     * The bound of all off-heap memory for rows that are being written.
     *
     * @return bytes.
     */
    public long writerBufferMemorySize() {
        return writerBufferMemorySize;
    }

    /**
     * How long a write blocks for write memory to come free before it fails.
     *
     * @return above zero.
     */
    public Duration writerBufferWaitTimeout() {
        return writerBufferWaitTimeout;
    }

    /**
     * The bound on the life of a row, from its acceptance to its acknowledgement or failure, retries included.
     *
     * @return above zero.
     */
    public Duration writerDeliveryTimeout() {
        return writerDeliveryTimeout;
    }

    /**
     * Whether the cluster recognises what it is sent again, so that retries neither double nor reorder rows. Needs {@link #writerAcks()} {@code all}.
     *
     * @return true to recognise.
     */
    public boolean writerEnableIdempotence() {
        return writerEnableIdempotence;
    }

    /**
     * How many write requests for one bucket may be under way. At most 5 with idempotence.
     *
     * @return at least 1.
     */
    public int writerMaxInflightRequestsPerBucket() {
        return writerMaxInflightRequestsPerBucket;
    }

    /**
     * Whether a write to a partition that does not exist creates it.
     *
     * @return true to create.
     */
    public boolean writerDynamicCreatePartitionEnabled() {
        return writerDynamicCreatePartitionEnabled;
    }

    /**
     * How many remote log segments of a bucket may be read from ahead of the one whose records are due, while there is
     * memory. They follow in the order of the log: a segment is begun when the last part of the one before is on its way.
     *
     * @return at least 1.
     */
    public int scannerRemoteLogPrefetchNum() {
        return scannerRemoteLogPrefetchNum;
    }

    /**
     * From how many remote files one scanner reads at a time.
     *
     * @return at least 1.
     */
    public int remoteFileDownloadThreadNum() {
        return remoteFileDownloadThreadNum;
    }

    /**
     * Into how many ranges, read at the same time, a read of a remote file is divided. Each of them is at most
     * {@code scannerLogFetchMaxBytesForBucket} long, and shorter where memory is short; small reads are not divided.
     *
     * @return at least 1.
     */
    public int scannerRemoteLogReadConcurrency() {
        return scannerRemoteLogReadConcurrency;
    }

    /**
     * How many records one poll returns at most.
     *
     * @return at least 1.
     */
    public int scannerLogMaxPollRecords() {
        return scannerLogMaxPollRecords;
    }

    /**
     * How much a server may answer to one fetch.
     *
     * @return bytes.
     */
    public int scannerLogFetchMaxBytes() {
        return scannerLogFetchMaxBytes;
    }

    /**
     * How much a server gathers before it answers a fetch, unless {@link #scannerLogFetchWaitMaxTime()} is over.
     *
     * @return bytes.
     */
    public int scannerLogFetchMinBytes() {
        return scannerLogFetchMinBytes;
    }

    /**
     * How long a server may wait to gather {@link #scannerLogFetchMinBytes()}.
     *
     * @return zero for not at all.
     */
    public Duration scannerLogFetchWaitMaxTime() {
        return scannerLogFetchWaitMaxTime;
    }

    /**
     * How much a server may answer to one fetch for one bucket.
     *
     * @return bytes.
     */
    public int scannerLogFetchMaxBytesForBucket() {
        return scannerLogFetchMaxBytesForBucket;
    }

    /**
     * Whether the checksum of every batch read is verified.
     *
     * @return true to verify.
     */
    public boolean scannerLogCheckCrc() {
        return scannerLogCheckCrc;
    }

    /**
     * Where a scanner goes on when the log does not have the offset that is due: because retention has deleted it, or
     * because the log ends before it. Rows are left out then, and a line in the application's log says which.
     *
     * @return {@link OffsetReset#NONE} for an exception instead.
     */
    public OffsetReset scannerLogOffsetReset() {
        return scannerLogOffsetReset;
    }

    /**
     * The bound of all off-heap memory for what has been fetched and not yet released.
     *
     * @return bytes.
     */
    public long scannerBufferMemorySize() {
        return scannerBufferMemorySize;
    }

    /**
     * How many keys go into one lookup request.
     *
     * @return at least 1.
     */
    public int lookupMaxBatchSize() {
        return lookupMaxBatchSize;
    }

    /**
     * How many lookup requests may be under way to one server.
     *
     * @return at least 1.
     */
    public int lookupMaxInflightRequests() {
        return lookupMaxInflightRequests;
    }

    /**
     * How often a lookup is sent again after an error that may pass.
     *
     * @return 0 for never.
     */
    public int lookupMaxRetries() {
        return lookupMaxRetries;
    }

    /**
     * How long one request may take.
     *
     * @return above zero.
     */
    public Duration requestTimeout() {
        return requestTimeout;
    }

    /**
     * How long connecting to a server may take, handshakes included.
     *
     * @return above zero.
     */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /**
     * What kind of thread reads the answers of each server.
     *
     * @return virtual unless set otherwise.
     */
    public ReaderThread readerThread() {
        return readerThread;
    }

    /**
     * Whether connections authenticate.
     *
     * @return the protocol.
     */
    public SecurityProtocol securityProtocol() {
        return securityProtocol;
    }

    /**
     * How connections authenticate under SASL.
     *
     * @return {@code PLAIN}.
     */
    public String securitySaslMechanism() {
        return securitySaslMechanism;
    }

    /**
     * Who connections authenticate as under SASL.
     *
     * @return the name, empty for none.
     */
    public String securitySaslUsername() {
        return securitySaslUsername;
    }

    /**
     * What connections authenticate with under SASL. Never printed.
     *
     * @return the password, empty for none.
     */
    public String securitySaslPassword() {
        return securitySaslPassword;
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof Config that && values().equals(that.values());
    }

    @Override
    public int hashCode() {
        return values().hashCode();
    }

    private List<Object> values() {
        return ConfigOption.ALL.stream().map(option -> option.valueIn(this)).toList();
    }

    /**
     * All options with their values; of the password only whether there is one.
     *
     * @return for logs.
     */
    @Override
    public String toString() {
        return ConfigOption.describe(this);
    }

    /** Collects options. For one thread. */
    public static final class Builder {
        private String bootstrapServers = "127.0.0.1:9123";
        private int writerRequestMaxSize = 10 * MIB;
        private String writerAcks = "all";
        private int writerRetries = Integer.MAX_VALUE;
        private int writerBatchSize = 2 * MIB;
        private Duration writerBatchTimeout = Duration.ofMillis(100);
        private NoKeyAssigner writerBucketNoKeyAssigner = NoKeyAssigner.STICKY;
        private long writerBufferMemorySize = 64L * MIB;
        private Duration writerBufferWaitTimeout = Duration.ofSeconds(60);
        private Duration writerDeliveryTimeout = Duration.ofSeconds(120);
        private boolean writerEnableIdempotence = true;
        private int writerMaxInflightRequestsPerBucket = 5;
        private boolean writerDynamicCreatePartitionEnabled = true;
        private int scannerRemoteLogPrefetchNum = 4;
        private int remoteFileDownloadThreadNum = 3;
        private int scannerRemoteLogReadConcurrency = 4;
        private int scannerLogMaxPollRecords = 500;
        private int scannerLogFetchMaxBytes = 16 * MIB;
        private int scannerLogFetchMinBytes = 1;
        private Duration scannerLogFetchWaitMaxTime = Duration.ofMillis(500);
        private int scannerLogFetchMaxBytesForBucket = MIB;
        private boolean scannerLogCheckCrc = true;
        private OffsetReset scannerLogOffsetReset = OffsetReset.NONE;
        private long scannerBufferMemorySize = 64L * MIB;
        private int lookupMaxBatchSize = 128;
        private int lookupMaxInflightRequests = 128;
        private int lookupMaxRetries = Integer.MAX_VALUE;
        private Duration requestTimeout = Duration.ofSeconds(30);
        private Duration connectTimeout = Duration.ofSeconds(120);
        private ReaderThread readerThread = ReaderThread.VIRTUAL;
        private SecurityProtocol securityProtocol = SecurityProtocol.PLAINTEXT;
        private String securitySaslMechanism = "PLAIN";
        private String securitySaslUsername = "";
        private String securitySaslPassword = "";

        private Builder() {}

        /**
         * Sets {@link Config#bootstrapServers()}.
         *
         * @param value host and port, as {@code host:port}, several separated by commas.
         * @return this builder.
         */
        public Builder bootstrapServers(final String value) {
            bootstrapServers = value;
            return this;
        }

        /**
         * Sets {@link Config#writerRequestMaxSize()}.
         *
         * @param value bytes.
         * @return this builder.
         */
        public Builder writerRequestMaxSize(final int value) {
            writerRequestMaxSize = value;
            return this;
        }

        /**
         * Sets {@link Config#writerAcks()}.
         *
         * @param value one of {@code all}, {@code -1}, {@code 0}, {@code 1}.
         * @return this builder.
         */
        public Builder writerAcks(final String value) {
            writerAcks = value;
            return this;
        }

        /**
         * Sets {@link Config#writerRetries()}.
         *
         * @param value 0 for never.
         * @return this builder.
         */
        public Builder writerRetries(final int value) {
            writerRetries = value;
            return this;
        }

        /**
         * Sets {@link Config#writerBatchSize()}.
         *
         * @param value bytes.
         * @return this builder.
         */
        public Builder writerBatchSize(final int value) {
            writerBatchSize = value;
            return this;
        }

        /**
         * Sets {@link Config#writerBatchTimeout()}.
         *
         * @param value zero for not at all.
         * @return this builder.
         */
        public Builder writerBatchTimeout(final Duration value) {
            writerBatchTimeout = value;
            return this;
        }

        /**
         * Sets {@link Config#writerBucketNoKeyAssigner()}.
         *
         * @param value the strategy.
         * @return this builder.
         */
        public Builder writerBucketNoKeyAssigner(final NoKeyAssigner value) {
            writerBucketNoKeyAssigner = value;
            return this;
        }

        /**
         * Sets {@link Config#writerBufferMemorySize()}.
         *
         * @param value bytes.
         * @return this builder.
         */
        public Builder writerBufferMemorySize(final long value) {
            writerBufferMemorySize = value;
            return this;
        }

        /**
         * Sets {@link Config#writerBufferWaitTimeout()}.
         *
         * @param value above zero.
         * @return this builder.
         */
        public Builder writerBufferWaitTimeout(final Duration value) {
            writerBufferWaitTimeout = value;
            return this;
        }

        /**
         * Sets {@link Config#writerDeliveryTimeout()}.
         *
         * @param value above zero.
         * @return this builder.
         */
        public Builder writerDeliveryTimeout(final Duration value) {
            writerDeliveryTimeout = value;
            return this;
        }

        /**
         * Sets {@link Config#writerEnableIdempotence()}.
         *
         * @param value true to recognise.
         * @return this builder.
         */
        public Builder writerEnableIdempotence(final boolean value) {
            writerEnableIdempotence = value;
            return this;
        }

        /**
         * Sets {@link Config#writerMaxInflightRequestsPerBucket()}.
         *
         * @param value at least 1.
         * @return this builder.
         */
        public Builder writerMaxInflightRequestsPerBucket(final int value) {
            writerMaxInflightRequestsPerBucket = value;
            return this;
        }

        /**
         * Sets {@link Config#writerDynamicCreatePartitionEnabled()}.
         *
         * @param value true to create.
         * @return this builder.
         */
        public Builder writerDynamicCreatePartitionEnabled(final boolean value) {
            writerDynamicCreatePartitionEnabled = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerRemoteLogPrefetchNum()}.
         *
         * @param value at least 1.
         * @return this builder.
         */
        public Builder scannerRemoteLogPrefetchNum(final int value) {
            scannerRemoteLogPrefetchNum = value;
            return this;
        }

        /**
         * Sets {@link Config#remoteFileDownloadThreadNum()}.
         *
         * @param value at least 1.
         * @return this builder.
         */
        public Builder remoteFileDownloadThreadNum(final int value) {
            remoteFileDownloadThreadNum = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerRemoteLogReadConcurrency()}.
         *
         * @param value at least 1.
         * @return this builder.
         */
        public Builder scannerRemoteLogReadConcurrency(final int value) {
            scannerRemoteLogReadConcurrency = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerLogMaxPollRecords()}.
         *
         * @param value at least 1.
         * @return this builder.
         */
        public Builder scannerLogMaxPollRecords(final int value) {
            scannerLogMaxPollRecords = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerLogFetchMaxBytes()}.
         *
         * @param value bytes.
         * @return this builder.
         */
        public Builder scannerLogFetchMaxBytes(final int value) {
            scannerLogFetchMaxBytes = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerLogFetchMinBytes()}.
         *
         * @param value bytes.
         * @return this builder.
         */
        public Builder scannerLogFetchMinBytes(final int value) {
            scannerLogFetchMinBytes = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerLogFetchWaitMaxTime()}.
         *
         * @param value zero for not at all.
         * @return this builder.
         */
        public Builder scannerLogFetchWaitMaxTime(final Duration value) {
            scannerLogFetchWaitMaxTime = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerLogFetchMaxBytesForBucket()}.
         *
         * @param value bytes.
         * @return this builder.
         */
        public Builder scannerLogFetchMaxBytesForBucket(final int value) {
            scannerLogFetchMaxBytesForBucket = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerLogCheckCrc()}.
         *
         * @param value true to verify.
         * @return this builder.
         */
        public Builder scannerLogCheckCrc(final boolean value) {
            scannerLogCheckCrc = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerLogOffsetReset()}.
         *
         * @param value where to go on.
         * @return this builder.
         */
        public Builder scannerLogOffsetReset(final OffsetReset value) {
            scannerLogOffsetReset = value;
            return this;
        }

        /**
         * Sets {@link Config#scannerBufferMemorySize()}.
         *
         * @param value bytes.
         * @return this builder.
         */
        public Builder scannerBufferMemorySize(final long value) {
            scannerBufferMemorySize = value;
            return this;
        }

        /**
         * Sets {@link Config#lookupMaxBatchSize()}.
         *
         * @param value at least 1.
         * @return this builder.
         */
        public Builder lookupMaxBatchSize(final int value) {
            lookupMaxBatchSize = value;
            return this;
        }

        /**
         * Sets {@link Config#lookupMaxInflightRequests()}.
         *
         * @param value at least 1.
         * @return this builder.
         */
        public Builder lookupMaxInflightRequests(final int value) {
            lookupMaxInflightRequests = value;
            return this;
        }

        /**
         * Sets {@link Config#lookupMaxRetries()}.
         *
         * @param value 0 for never.
         * @return this builder.
         */
        public Builder lookupMaxRetries(final int value) {
            lookupMaxRetries = value;
            return this;
        }

        /**
         * Sets {@link Config#requestTimeout()}.
         *
         * @param value above zero.
         * @return this builder.
         */
        public Builder requestTimeout(final Duration value) {
            requestTimeout = value;
            return this;
        }

        /**
         * Sets {@link Config#connectTimeout()}.
         *
         * @param value above zero.
         * @return this builder.
         */
        public Builder connectTimeout(final Duration value) {
            connectTimeout = value;
            return this;
        }

        /**
         * Sets {@link Config#readerThread()}.
         *
         * @param value the kind of thread.
         * @return this builder.
         */
        public Builder readerThread(final ReaderThread value) {
            readerThread = value;
            return this;
        }

        /**
         * Sets {@link Config#securityProtocol()}.
         *
         * @param value the protocol.
         * @return this builder.
         */
        public Builder securityProtocol(final SecurityProtocol value) {
            securityProtocol = value;
            return this;
        }

        /**
         * Sets {@link Config#securitySaslMechanism()}.
         *
         * @param value {@code PLAIN}.
         * @return this builder.
         */
        public Builder securitySaslMechanism(final String value) {
            securitySaslMechanism = value;
            return this;
        }

        /**
         * Sets {@link Config#securitySaslUsername()}.
         *
         * @param value the name, empty for none.
         * @return this builder.
         */
        public Builder securitySaslUsername(final String value) {
            securitySaslUsername = value;
            return this;
        }

        /**
         * Sets {@link Config#securitySaslPassword()}.
         *
         * @param value the password, empty for none.
         * @return this builder.
         */
        public Builder securitySaslPassword(final String value) {
            securitySaslPassword = value;
            return this;
        }

        /**
         * Makes the configuration.
         *
         * @return a new configuration; the builder may be used on.
         * @throws IllegalArgumentException if a value, or two together, are not allowed, with the option, its value and
         *     what is allowed.
         */
        public Config build() {
            return new Config(this);
        }
    }
}
