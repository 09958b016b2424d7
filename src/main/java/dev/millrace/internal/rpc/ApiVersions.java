package dev.millrace.internal.rpc;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.internal.rpc.proto.ApiVersionsResponse;
import dev.millrace.internal.rpc.proto.PbApiVersion;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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
    private final @Nullable PbApiVersion[] served = new PbApiVersion[versions.length];

    ApiVersions(final ApiVersionsResponse response) {
        Arrays.fill(versions, UNSUPPORTED);
        for (final PbApiVersion theirs : response.getApiVersionsList()) {
            final Api api = Api.forKey(theirs.getApiKey());
            if (api != null) {
                served[api.ordinal()] = theirs;
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
            throw new FlussApiException(FlussError.UNSUPPORTED_VERSION, refusal(api, server));
        }
        return version;
    }

    /** Servers do not tell their release; what they serve is all that is known of their version. */
    private String refusal(final Api api, final String server) {
        final PbApiVersion theirs = served[api.ordinal()];
        final String ours = "; this client speaks versions 0 to " + api.maxVersion() + " of it";
        return theirs == null
                ? server + " does not serve " + api
                        + ": its release is older than that, or it is another kind of server" + ours
                : server + " serves " + api + " in versions " + theirs.getMinVersion() + " to "
                        + theirs.getMaxVersion() + " only" + ours
                        + (theirs.getMinVersion() > api.maxVersion() ? "; use a newer release of it" : "");
    }
}
