package dev.millrace.metadata;

/** What a server of the cluster does. */
public enum ServerType {
    /** Keeps the metadata and decides who leads which bucket. */
    COORDINATOR_SERVER("cs"),
    /** Holds buckets. */
    TABLET_SERVER("ts"),
    /** A kind this version does not know. */
    UNKNOWN("unknown");

    private final String uidPrefix;

    ServerType(final String uidPrefix) {
        this.uidPrefix = uidPrefix;
    }

    String uidPrefix() {
        return uidPrefix;
    }
}
