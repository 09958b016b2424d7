package dev.millrace.internal.rpc;

import org.jspecify.annotations.Nullable;

/**
 * The requests of a client, with their key on the wire and the highest version of each that we speak. The lowest is 0
 * for all. Which version is used is settled with each server when a connection starts.
 */
public enum Api {
    API_VERSIONS(1000, 0),
    CREATE_DATABASE(1001, 0),
    DROP_DATABASE(1002, 0),
    LIST_DATABASES(1003, 0),
    DATABASE_EXISTS(1004, 0),
    CREATE_TABLE(1005, 0),
    DROP_TABLE(1006, 0),
    GET_TABLE_INFO(1007, 0),
    LIST_TABLES(1008, 0),
    LIST_PARTITION_INFOS(1009, 0),
    TABLE_EXISTS(1010, 0),
    GET_TABLE_SCHEMA(1011, 0),
    GET_METADATA(1012, 0),
    PRODUCE_LOG(1014, 0),
    FETCH_LOG(1015, 0),
    // Versions 1 of these three promise that we know kv format version 2 and its rule for encoding keys. Version 2 of
    // PUT_KV promises to understand storage backpressure and is left to the server that speaks it.
    PUT_KV(1016, 1),
    LOOKUP(1017, 1),
    LIST_OFFSETS(1021, 0),
    GET_LATEST_KV_SNAPSHOTS(1023, 0),
    GET_KV_SNAPSHOT_METADATA(1024, 0),
    GET_FILESYSTEM_SECURITY_TOKEN(1025, 0),
    INIT_WRITER(1026, 0),
    GET_LAKE_SNAPSHOT(1032, 0),
    LIMIT_SCAN(1033, 0),
    PREFIX_LOOKUP(1034, 1),
    GET_DATABASE_INFO(1035, 0),
    CREATE_PARTITION(1036, 0),
    DROP_PARTITION(1037, 0),
    AUTHENTICATE(1038, 0),
    CREATE_ACLS(1039, 0),
    LIST_ACLS(1040, 0),
    DROP_ACLS(1041, 0),
    ALTER_TABLE(1044, 0),
    DESCRIBE_CLUSTER_CONFIGS(1045, 0),
    ALTER_CLUSTER_CONFIGS(1046, 0),
    ADD_SERVER_TAG(1047, 0),
    REMOVE_SERVER_TAG(1048, 0),
    REBALANCE(1049, 0),
    LIST_REBALANCE_PROGRESS(1050, 0),
    CANCEL_REBALANCE(1051, 0),
    REGISTER_PRODUCER_OFFSETS(1053, 0),
    GET_PRODUCER_OFFSETS(1054, 0),
    DELETE_PRODUCER_OFFSETS(1055, 0),
    ACQUIRE_KV_SNAPSHOT_LEASE(1056, 0),
    RELEASE_KV_SNAPSHOT_LEASE(1057, 0),
    DROP_KV_SNAPSHOT_LEASE(1058, 0),
    GET_TABLE_STATS(1059, 0);

    private static final int FIRST_KEY = 1000;
    private static final @Nullable Api[] BY_KEY = byKey();

    private final int key;
    private final int maxVersion;

    Api(final int key, final int maxVersion) {
        this.key = key;
        this.maxVersion = maxVersion;
    }

    /** Returns the number that stands for this request in a frame. */
    public int key() {
        return key;
    }

    /** Returns the highest version of this request that we speak. */
    public int maxVersion() {
        return maxVersion;
    }

    /** Returns the request with a key, or null if a client has none with that key. */
    public static @Nullable Api forKey(final int key) {
        final int index = key - FIRST_KEY;
        return index >= 0 && index < BY_KEY.length ? BY_KEY[index] : null;
    }

    private static @Nullable Api[] byKey() {
        int last = FIRST_KEY;
        for (final Api api : values()) {
            last = Math.max(last, api.key);
        }
        final @Nullable Api[] byKey = new Api[last - FIRST_KEY + 1];
        for (final Api api : values()) {
            byKey[api.key - FIRST_KEY] = api;
        }
        return byKey;
    }
}
