package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.StringReader;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.function.UnaryOperator;
import org.apache.fluss.config.ConfigOption;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.MemorySize;
import org.apache.fluss.utils.TimeUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    @Test
    void shouldHaveTheDefaultsOfTheReference() {
        final Config config = Config.builder().build();

        assertThat(config.bootstrapServers()).isEqualTo("127.0.0.1:9123");
        assertThat(config.writerRequestMaxSize()).isEqualTo(10 << 20);
        assertThat(config.writerAcks()).isEqualTo("all");
        assertThat(config.writerRetries()).isEqualTo(Integer.MAX_VALUE);
        assertThat(config.writerBatchSize()).isEqualTo(2 << 20);
        assertThat(config.writerBatchTimeout()).isEqualTo(Duration.ofMillis(100));
        assertThat(config.writerBucketNoKeyAssigner()).isEqualTo(NoKeyAssigner.STICKY);
        assertThat(config.scannerRemoteLogPrefetchNum()).isEqualTo(4);
        assertThat(config.remoteFileDownloadThreadNum()).isEqualTo(3);
        assertThat(config.scannerRemoteLogReadConcurrency()).isEqualTo(4);
        assertThat(config.scannerLogMaxPollRecords()).isEqualTo(500);
        assertThat(config.scannerLogFetchMaxBytes()).isEqualTo(16 << 20);
        assertThat(config.scannerLogFetchMinBytes()).isEqualTo(1);
        assertThat(config.scannerLogFetchWaitMaxTime()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.scannerLogFetchMaxBytesForBucket()).isEqualTo(1 << 20);
        assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(120));
        assertThat(config.securityProtocol()).isEqualTo(SecurityProtocol.PLAINTEXT);
        assertThat(config.securitySaslMechanism()).isEqualTo("PLAIN");
        assertThat(config.securitySaslUsername()).isEmpty();
        assertThat(config.securitySaslPassword()).isEmpty();
        assertThat(config.writerBufferMemorySize()).isEqualTo(64 << 20);
        assertThat(config.writerDeliveryTimeout()).isEqualTo(Duration.ofSeconds(120));
        assertThat(config.writerBufferWaitTimeout()).isLessThanOrEqualTo(config.writerDeliveryTimeout());
        assertThat(config.writerEnableIdempotence()).isTrue();
        assertThat(config.writerMaxInflightRequestsPerBucket()).isEqualTo(5);
        assertThat(config.writerDynamicCreatePartitionEnabled()).isTrue();
        assertThat(config.scannerLogCheckCrc()).isTrue();
        assertThat(config.scannerLogOffsetReset()).isEqualTo(OffsetReset.NONE);
        assertThat(config.scannerBufferMemorySize()).isEqualTo(64 << 20);
        assertThat(config.lookupMaxBatchSize()).isEqualTo(128);
        assertThat(config.lookupMaxInflightRequests()).isEqualTo(128);
        assertThat(config.lookupMaxRetries()).isEqualTo(Integer.MAX_VALUE);
        assertThat(config.requestTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.readerThread()).isEqualTo(ReaderThread.VIRTUAL);
    }

    @Test
    void shouldHaveAKeyForEveryOption() {
        final String[] accessors = Arrays.stream(Config.class.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers()))
                .map(Method::getName)
                .filter(name -> !Arrays.asList("equals", "hashCode", "toString").contains(name))
                .toArray(String[]::new);

        assertThat(dev.millrace.ConfigOption.ALL)
                .extracting(dev.millrace.ConfigOption::name)
                .containsExactlyInAnyOrder(accessors);
    }

    @Test
    void shouldKnowEveryClientOptionOfTheOfficialClient() throws Exception {
        for (final Field field : ConfigOptions.class.getFields()) {
            if (!ConfigOption.class.isAssignableFrom(field.getType())) {
                continue;
            }
            final String key = ((ConfigOption<?>) field.get(null)).key();
            if (key.startsWith("client.") && !key.startsWith("client.filesystem.")) {
                assertThat(catchThrowable(() -> Config.fromProperties(Map.of(key, "?"))))
                        .satisfiesAnyOf(
                                thrown -> assertThat(thrown).isNull(),
                                thrown -> assertThat(thrown).message().startsWith(key + "=?: must be"),
                                thrown -> assertThat(thrown)
                                        .message()
                                        .startsWith("Option '" + key + "' is to be left out"),
                                thrown -> assertThat(thrown).message().contains("=? is not allowed; it must be"));
            }
        }
    }

    @Test
    void shouldReadBothKindsOfKeys() {
        final Config fromOfficial = Config.fromProperties(Map.of(
                "bootstrap.servers", "a:1, [::1]:2",
                "client.writer.batch-size", "1mb",
                "client.writer.batch-timeout", "3 min",
                "client.writer.buffer.wait-timeout", "2 h",
                "client.writer.bucket.no-key-assigner", "round_robin",
                "client.scanner.log.check-crc", "FALSE",
                "client.security.protocol", "sasl",
                "client.security.sasl.username", "root",
                "client.security.sasl.password", " secret ",
                "writerDeliveryTimeout", "10 min"));
        final Config built = Config.builder()
                .bootstrapServers("a:1, [::1]:2")
                .writerBatchSize(1 << 20)
                .writerBatchTimeout(Duration.ofMinutes(3))
                .writerBufferWaitTimeout(Duration.ofHours(2))
                .writerBucketNoKeyAssigner(NoKeyAssigner.ROUND_ROBIN)
                .scannerLogCheckCrc(false)
                .securityProtocol(SecurityProtocol.SASL)
                .securitySaslUsername("root")
                .securitySaslPassword(" secret ")
                .writerDeliveryTimeout(Duration.ofMinutes(10))
                .build();

        assertThat(fromOfficial).isEqualTo(built);
        assertThat(Config.fromProperties(Map.of("client.scanner.log.offset-reset", "latest"))
                        .scannerLogOffsetReset())
                .isEqualTo(OffsetReset.LATEST);
        assertThat(Config.fromProperties(Map.of("writerDeliveryTimeout", "10min", "writerAcks", " -1 ")))
                .isEqualTo(Config.builder()
                        .writerDeliveryTimeout(Duration.ofMinutes(10))
                        .writerAcks("-1")
                        .build());
    }

    @Test
    void shouldReadAPropertiesFileWithDefaults() throws Exception {
        final Properties defaults = new Properties();
        defaults.setProperty("client.writer.retries", "3");
        final Properties properties = new Properties(defaults);
        properties.load(new StringReader("bootstrap.servers: a:1,b:2\nclient.request-timeout = 5s\n"));

        assertThat(Config.fromProperties(properties))
                .isEqualTo(Config.builder()
                        .bootstrapServers("a:1,b:2")
                        .requestTimeout(Duration.ofSeconds(5))
                        .writerRetries(3)
                        .build());
        properties.put("writerBatchSize", 1024);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Config.fromProperties(properties))
                .withMessage("Option 'writerBatchSize' is set to no text but to a java.lang.Integer");
    }

    @ParameterizedTest
    @CsvSource({
        "client.writer.batchsize, client.writer.batch-size",
        "writerBatchsize, writerBatchSize",
        "bootstrap.server, bootstrap.servers",
        "client.scanner.log.fetch.max-byte, client.scanner.log.fetch.max-bytes"
    })
    void shouldNameTheNearestKeyForOneItDoesNotKnow(final String key, final String nearest) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Config.fromProperties(Map.of(key, "1")))
                .withMessage("Unknown option '" + key + "': did you mean '" + nearest + "'?");
    }

    @Test
    void shouldSayWhyAnOfficialOptionHasNoCounterpart() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Config.fromProperties(Map.of("client.lookup.batch-timeout", "100ms")))
                .withMessage("Option 'client.lookup.batch-timeout' is to be left out:"
                        + " lookups never wait for a batch to fill");
    }

    @Test
    void shouldRefuseOneOptionUnderTwoKeys() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Config.fromProperties(Map.of("writerRetries", "1", "client.writer.retries", "2")))
                .withMessageEndingWith("are the same option: give one of them");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "50b",
                "50 bytes",
                "3k",
                "3kb",
                "3 kibibytes",
                "2m",
                "2mb",
                "2MB",
                " 2 mebibytes ",
                "1g",
                "1gb",
                "1gibibytes",
                "1t",
                "1tb",
                "1 tebibytes"
            })
    void shouldReadSizesAsTheOfficialClientDoes(final String text) {
        assertThat(OptionText.longSize(text)).isEqualTo(MemorySize.parseBytes(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1d",
                "2 days",
                "1h",
                "3 hours",
                "1min",
                "1 m",
                "3 minutes",
                "1s",
                "2sec",
                "2 secs",
                "2seconds",
                "100ms",
                "100 millis",
                "1 millisecond",
                "5\u00b5s",
                "5 micros",
                "5microseconds",
                "7ns",
                "7 nanos",
                " 7 nanosecond "
            })
    void shouldReadDurationsAsTheOfficialClientDoes(final String text) {
        assertThat(OptionText.duration(text)).isEqualTo(TimeUtils.parseDuration(text));
    }

    @Test
    void shouldReadSizesWithoutUnitOrWithBinaryUnits() {
        assertThat(OptionText.longSize("1048576")).isEqualTo(1 << 20);
        assertThat(OptionText.longSize("64 mib")).isEqualTo(64 << 20);
        assertThat(OptionText.longSize("1KiB")).isEqualTo(1024);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            writerBatchSize              | 2 parsecs | must be a whole number of bytes, or have one of the units b, kb, mb, gb, tb, as in 2mb
            writerBatchSize              | -1mb      | must be a whole number of bytes, or have one of the units b, kb, mb, gb, tb, as in 2mb
            writerBatchSize              | 2gb       | must be below 2 gb
            writerBufferMemorySize       | 99999999999tb | is more bytes than a 64-bit number holds
            client.request-timeout       | 30        | must be a whole number with one of the units ns, us, ms, s, min, h, d, as in 100ms
            client.request-timeout       | 99999999999999999 d | is longer than can be counted
            writerRetries                | many      | must be a whole number of at most 2147483647
            scannerLogCheckCrc           | yes       | must be true or false
            writerBucketNoKeyAssigner    | random    | must be one of [STICKY, ROUND_ROBIN]
            client.scanner.log.offset-reset | newest | must be one of [NONE, EARLIEST, LATEST]
            """)
    void shouldSayWhatATextShouldLookLike(final String key, final String text, final String allowed) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Config.fromProperties(Map.of(key, text)))
                .withMessage(key + "=" + text + ": " + allowed);
    }

    @Test
    void shouldRefuseValuesThatCannotBe() {
        assertRefused(b -> b.writerBatchSize(-1), "writerBatchSize=-1 is not allowed; it must be above zero");
        assertRefused(
                b -> b.scannerBufferMemorySize(0), "scannerBufferMemorySize=0 is not allowed; it must be above zero");
        assertRefused(
                b -> b.requestTimeout(Duration.ZERO), "requestTimeout=PT0S is not allowed; it must be above zero");
        assertRefused(
                b -> b.requestTimeout(Duration.ofDays(25)),
                "requestTimeout=PT600H is not allowed; it must be at most PT596H31M23.647S");
        assertRefused(
                b -> b.writerBatchTimeout(Duration.ofMillis(-1)),
                "writerBatchTimeout=PT-0.001S is not allowed; it must be zero or above");
        assertRefused(b -> b.lookupMaxRetries(-1), "lookupMaxRetries=-1 is not allowed; it must be zero or above");
        assertRefused(b -> b.writerAcks("2"), "writerAcks=2 is not allowed; it must be one of all, -1, 0, 1");
        assertRefused(
                b -> b.securitySaslMechanism("SCRAM-SHA-256"),
                "securitySaslMechanism=SCRAM-SHA-256 is not allowed; it must be PLAIN");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "host", "host:", ":9123", "host:0", "host:65536", "host:x", "a:1,", "::1:9123", "a:1,,b:2"})
    void shouldRefuseServersThatCannotBe(final String servers) {
        assertRefused(
                b -> b.bootstrapServers(servers),
                "bootstrapServers=" + servers
                        + " is not allowed; it must be a list of host:port separated by commas, with ports from 1 to 65535");
    }

    @Test
    void shouldRefuseValuesThatContradictEachOther() {
        assertRefused(
                b -> b.writerBatchSize(11 << 20),
                "writerBatchSize=11534336 is not allowed; it must be at most writerRequestMaxSize=10485760");
        assertRefused(
                b -> b.writerBufferMemorySize(1 << 20),
                "writerBatchSize=2097152 is not allowed; it must be at most writerBufferMemorySize=1048576");
        assertRefused(
                b -> b.writerDeliveryTimeout(Duration.ofMillis(100)),
                "writerDeliveryTimeout=PT0.1S is not allowed; it must be longer than writerBatchTimeout=PT0.1S,"
                        + " or rows could end before they are sent");
        assertRefused(
                b -> b.writerAcks("1"),
                "writerAcks=1 is not allowed; it must be all or -1 with writerEnableIdempotence=true;"
                        + " set that to false for weaker acknowledgements");
        assertRefused(
                b -> b.writerMaxInflightRequestsPerBucket(6),
                "writerMaxInflightRequestsPerBucket=6 is not allowed;"
                        + " it must be at most 5 with writerEnableIdempotence=true");
        assertRefused(
                b -> b.writerRetries(0),
                "writerRetries=0 is not allowed; it must be at least 1 with writerEnableIdempotence=true;"
                        + " set that to false for no retries");
        assertRefused(
                b -> b.scannerLogFetchMaxBytesForBucket(17 << 20),
                "scannerLogFetchMaxBytesForBucket=17825792 is not allowed;"
                        + " it must be at most scannerLogFetchMaxBytes=16777216");
        assertRefused(
                b -> b.scannerBufferMemorySize(1 << 20),
                "scannerLogFetchMaxBytes=16777216 is not allowed; it must be at most scannerBufferMemorySize=1048576");
        assertRefused(
                b -> b.securityProtocol(SecurityProtocol.SASL).securitySaslUsername("root"),
                "securityProtocol=SASL needs both securitySaslUsername and securitySaslPassword");
        assertThat(Config.builder()
                        .writerEnableIdempotence(false)
                        .writerAcks("1")
                        .writerRetries(0)
                        .writerMaxInflightRequestsPerBucket(6)
                        .build()
                        .writerAcks())
                .isEqualTo("1");
    }

    @Test
    void shouldNeverPrintThePassword() {
        final Config config = Config.builder()
                .securityProtocol(SecurityProtocol.SASL)
                .securitySaslUsername("root")
                .securitySaslPassword("swordfish")
                .build();

        assertThat(config.toString())
                .contains("securitySaslUsername=root", "securitySaslPassword=(hidden)", "writerBatchSize=2097152")
                .doesNotContain("swordfish");
    }

    @Test
    void shouldCompareByValues() {
        final Config config = Config.builder().writerRetries(3).build();

        assertThat(Config.builder().writerRetries(3).build()).isEqualTo(config).hasSameHashCodeAs(config);
        assertThat(Config.builder().writerRetries(4).build()).isNotEqualTo(config);
    }

    private static void assertRefused(final UnaryOperator<Config.Builder> change, final String message) {
        final Config.Builder builder = change.apply(Config.builder());
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessage(message);
    }
}
