package dev.millrace.admin;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.AlterClusterConfigsRequest;
import dev.millrace.internal.rpc.proto.AlterClusterConfigsResponse;
import dev.millrace.internal.rpc.proto.DescribeClusterConfigsRequest;
import dev.millrace.internal.rpc.proto.DescribeClusterConfigsResponse;
import dev.millrace.internal.rpc.proto.PbAlterConfig;
import dev.millrace.internal.rpc.proto.PbDescribeConfig;
import java.util.Collection;
import java.util.List;

/** What is asked about the options of the cluster. */
final class ClusterConfigs {
    private final Servers servers;

    ClusterConfigs(final Servers servers) {
        this.servers = servers;
    }

    List<ConfigEntry> describe() {
        return servers
                .askCoordinator(
                        Api.DESCRIBE_CLUSTER_CONFIGS,
                        DescribeClusterConfigsRequest.getDefaultInstance(),
                        DescribeClusterConfigsResponse.parser())
                .getConfigsList()
                .stream()
                .map(ClusterConfigs::read)
                .toList();
    }

    void alter(final Collection<AlterConfig> configs) {
        final AlterClusterConfigsRequest.Builder request = AlterClusterConfigsRequest.newBuilder();
        for (final AlterConfig config : configs) {
            final PbAlterConfig.Builder message = PbAlterConfig.newBuilder()
                    .setConfigKey(config.key())
                    .setOpType(config.opType().code());
            if (config.value() != null) {
                message.setConfigValue(config.value());
            }
            request.addAlterConfigs(message);
        }
        servers.askCoordinator(Api.ALTER_CLUSTER_CONFIGS, request.build(), AlterClusterConfigsResponse.parser());
    }

    private static ConfigEntry read(final PbDescribeConfig config) {
        return new ConfigEntry(
                config.getConfigKey(), config.hasConfigValue() ? config.getConfigValue() : null, source(config));
    }

    private static ConfigEntry.ConfigSource source(final PbDescribeConfig config) {
        for (final ConfigEntry.ConfigSource source : ConfigEntry.ConfigSource.values()) {
            if (source.name().equals(config.getConfigSource())) {
                return source;
            }
        }
        throw new CorruptDataException(
                "The option " + config.getConfigKey() + " has an unknown source: " + config.getConfigSource());
    }
}
