package dev.millrace.internal.rpc;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.internal.rpc.proto.ApiVersionsResponse;
import dev.millrace.internal.rpc.proto.PbApiVersion;
import java.util.Arrays;

/** The version of each request that we and one server both speak: the highest there is. Immutable. */
final class ApiVersions {
    private static final int UNSUPPORTED = -1;

    /** What may be sent before the server has said anything. */
    static final ApiVersions BEFORE_HANDSHAKE = new ApiVersions(ApiVersionsResponse.newBuilder()
            .addApiVersions(PbApiVersion.newBuilder()
                    .setApiKey(Api.API_VERSIONS.key())
                    .setMinVersion(0)
                    .setMaxVersion(0))
            .build());

    private final int[] versions = new int[Api.values().length];

    ApiVersions(final ApiVersionsResponse response) {
        Arrays.fill(versions, UNSUPPORTED);
        for (final PbApiVersion theirs : response.getApiVersionsList()) {
            final Api api = Api.forKey(theirs.getApiKey());
            if (api != null) {
                final int highest = Math.min(api.maxVersion(), theirs.getMaxVersion());
                versions[api.ordinal()] = highest >= Math.max(0, theirs.getMinVersion()) ? highest : UNSUPPORTED;
            }
        }
    }

    /**
     * Returns the version to use.
     *
     * @throws FlussApiException the server does not serve this request, or no version of it that we speak.
     */
    int version(final Api api, final String server) {
        final int version = versions[api.ordinal()];
        if (version == UNSUPPORTED) {
            throw new FlussApiException(
                    FlussError.UNSUPPORTED_VERSION,
                    server + " serves " + api + " in no version that we speak (0 to " + api.maxVersion()
                            + "), or not at all");
        }
        return version;
    }
}
