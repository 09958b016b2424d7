package dev.millrace.error;

import java.util.Arrays;

/**
 * Every error code of the protocol, and what it asks of a client. Immutable.
 *
 * <p>{@link #isRetriable()} tells what the protocol says about the code, not that each request with it is repeated: a
 * create of a database, say, is left to the caller.
 */
public enum FlussError {
    /** The server failed in a way it has no code for, or sent a code this version does not know. */
    UNKNOWN_SERVER_ERROR(-1, Handling.FINAL),
    /** No error. */
    NONE(0, Handling.FINAL),
    /** The server lost a connection it needed for the request. */
    NETWORK_EXCEPTION(1, Handling.INVALID_METADATA),
    /** The server does not speak that API, or not in that version. */
    UNSUPPORTED_VERSION(2, Handling.FINAL),
    /** The request arrived damaged. */
    CORRUPT_MESSAGE(3, Handling.RETRIABLE),
    /** There is no database of that name. */
    DATABASE_NOT_EXIST(4, Handling.FINAL),
    /** The database still has tables and was not to be dropped with them. */
    DATABASE_NOT_EMPTY(5, Handling.FINAL),
    /** There is a database of that name already. */
    DATABASE_ALREADY_EXIST(6, Handling.FINAL),
    /** There is no table of that name. */
    TABLE_NOT_EXIST(7, Handling.FINAL),
    /** There is a table of that name already. */
    TABLE_ALREADY_EXIST(8, Handling.FINAL),
    /** The server does not know that schema, or not yet. */
    SCHEMA_NOT_EXIST(9, Handling.RETRIABLE),
    /** The server could not read or write a bucket's log. */
    LOG_STORAGE_EXCEPTION(10, Handling.RETRIABLE),
    /** The server could not read or write a bucket's key-value store. */
    KV_STORAGE_EXCEPTION(11, Handling.RETRIABLE),
    /** The server asked holds no replica of the bucket that may answer; the leader moved. */
    NOT_LEADER_OR_FOLLOWER(12, Handling.INVALID_METADATA),
    /** A record is larger than the server accepts. */
    RECORD_TOO_LARGE_EXCEPTION(13, Handling.FINAL),
    /** A record fails its checksum, size or other checks. */
    CORRUPT_RECORD_EXCEPTION(14, Handling.RETRIABLE),
    /** The table's name or definition breaks a rule. */
    INVALID_TABLE_EXCEPTION(15, Handling.FINAL),
    /** The database's name breaks a rule. */
    INVALID_DATABASE_EXCEPTION(16, Handling.FINAL),
    /** The replication factor is below one or above the number of tablet servers. */
    INVALID_REPLICATION_FACTOR(17, Handling.FINAL),
    /** The number of acknowledgements asked for is not one of the allowed. */
    INVALID_REQUIRED_ACKS(18, Handling.FINAL),
    /** The offset lies before the start or after the end of the log. */
    LOG_OFFSET_OUT_OF_RANGE_EXCEPTION(19, Handling.FINAL),
    /** The request is for tables with a primary key, and this one has none. */
    NON_PRIMARY_KEY_TABLE_EXCEPTION(20, Handling.FINAL),
    /** The server asked does not host that table or bucket. */
    UNKNOWN_TABLE_OR_BUCKET_EXCEPTION(21, Handling.INVALID_METADATA),
    /** Metadata was changed by another in the meantime. */
    INVALID_UPDATE_VERSION_EXCEPTION(22, Handling.FINAL),
    /** The request came from a coordinator that is no longer in charge. */
    INVALID_COORDINATOR_EXCEPTION(23, Handling.FINAL),
    /** The leader epoch in the request is older than the current one. */
    FENCED_LEADER_EPOCH_EXCEPTION(24, Handling.FINAL),
    /** The server did not finish the request within the time it was given. */
    REQUEST_TIME_OUT(25, Handling.RETRIABLE),
    /** The server could not reach its storage. */
    STORAGE_EXCEPTION(26, Handling.RETRIABLE),
    /** The server did not try the operation, for example because another of the same request failed. */
    OPERATION_NOT_ATTEMPTED_EXCEPTION(27, Handling.FINAL),
    /** The records were written, but to fewer in-sync replicas than required. */
    NOT_ENOUGH_REPLICAS_AFTER_APPEND_EXCEPTION(28, Handling.RETRIABLE),
    /** There are fewer in-sync replicas than required; nothing was written. */
    NOT_ENOUGH_REPLICAS_EXCEPTION(29, Handling.RETRIABLE),
    /** No token for the remote storage could be made. */
    SECURITY_TOKEN_EXCEPTION(30, Handling.FINAL),
    /** A batch's sequence number does not follow that of the writer's last batch. */
    OUT_OF_ORDER_SEQUENCE_EXCEPTION(31, Handling.FINAL),
    /** A batch with that sequence number was written before. */
    DUPLICATE_SEQUENCE_EXCEPTION(32, Handling.FINAL),
    /** The server no longer remembers the writer id. */
    UNKNOWN_WRITER_ID_EXCEPTION(33, Handling.FINAL),
    /** The columns asked for cannot be projected. */
    INVALID_COLUMN_PROJECTION(34, Handling.FINAL),
    /** The columns to update are not a valid choice, for example without the key. */
    INVALID_TARGET_COLUMN(35, Handling.FINAL),
    /** There is no such partition. */
    PARTITION_NOT_EXISTS(36, Handling.FINAL),
    /** The request is for partitioned tables, and this one is not. */
    TABLE_NOT_PARTITIONED_EXCEPTION(37, Handling.FINAL),
    /** The timestamp asked for is not valid. */
    INVALID_TIMESTAMP_EXCEPTION(38, Handling.FINAL),
    /** A table option has a value that is not allowed. */
    INVALID_CONFIG_EXCEPTION(39, Handling.FINAL),
    /** The cluster has no lake storage. */
    LAKE_STORAGE_NOT_CONFIGURED_EXCEPTION(40, Handling.FINAL),
    /** There is no such snapshot of the key-value store. */
    KV_SNAPSHOT_NOT_EXIST(41, Handling.FINAL),
    /** There is such a partition already. */
    PARTITION_ALREADY_EXISTS(42, Handling.FINAL),
    /** The partition specification does not fit the table's partition keys. */
    PARTITION_SPEC_INVALID_EXCEPTION(43, Handling.FINAL),
    /** The bucket has no leader at the moment. */
    LEADER_NOT_AVAILABLE_EXCEPTION(44, Handling.INVALID_METADATA),
    /** The table has as many partitions as the cluster allows. */
    PARTITION_MAX_NUM_EXCEPTION(45, Handling.FINAL),
    /** The credentials were refused. */
    AUTHENTICATE_EXCEPTION(46, Handling.FINAL),
    /** Access control is asked for on a cluster that has it switched off. */
    SECURITY_DISABLED_EXCEPTION(47, Handling.FINAL),
    /** The user may not do this. */
    AUTHORIZATION_EXCEPTION(48, Handling.FINAL),
    /** The table would have more buckets than the cluster allows. */
    BUCKET_MAX_NUM_EXCEPTION(49, Handling.FINAL),
    /** The tiering epoch in the request is older than the current one. */
    FENCED_TIERING_EPOCH_EXCEPTION(50, Handling.FINAL),
    /** The credentials could not be checked just now; the handshake may be begun again. */
    RETRIABLE_AUTHENTICATE_EXCEPTION(51, Handling.FINAL),
    /** A tablet server's rack is not valid. */
    INVALID_SERVER_RACK_INFO_EXCEPTION(52, Handling.FINAL),
    /** The table has no snapshot in the lake. */
    LAKE_SNAPSHOT_NOT_EXIST(53, Handling.FINAL),
    /** The lake holds a table of that name already. */
    LAKE_TABLE_ALREADY_EXIST(54, Handling.FINAL),
    /** A replica may not join the in-sync replicas. */
    INELIGIBLE_REPLICA_EXCEPTION(55, Handling.FINAL),
    /** The change of the table is not allowed. */
    INVALID_ALTER_TABLE_EXCEPTION(56, Handling.FINAL),
    /** The table does not accept deletes. */
    DELETION_DISABLED_EXCEPTION(57, Handling.FINAL),
    /** There is no server of that id. */
    SERVER_NOT_EXIST_EXCEPTION(58, Handling.FINAL),
    /** The server has that tag already. (Spelled as in the protocol.) */
    SEVER_TAG_ALREADY_EXIST_EXCEPTION(59, Handling.FINAL),
    /** The server does not have that tag. (Spelled as in the protocol.) */
    SEVER_TAG_NOT_EXIST_EXCEPTION(60, Handling.FINAL),
    /** A rebalance of the cluster failed. */
    REBALANCE_FAILURE_EXCEPTION(61, Handling.FINAL),
    /** No rebalance is running. */
    NO_REBALANCE_IN_PROGRESS_EXCEPTION(62, Handling.FINAL),
    /** The producer id is not valid. */
    INVALID_PRODUCER_ID_EXCEPTION(63, Handling.FINAL),
    /** A cluster option cannot be set so. Servers after 0.9.1. */
    CONFIG_EXCEPTION(64, Handling.FINAL),
    /** The coordinator asked is not the one in charge. Servers after 0.9.1. */
    NOT_COORDINATOR_LEADER_EXCEPTION(65, Handling.FINAL),
    /** The scan on the server was idle for too long. Servers after 0.9.1. */
    SCANNER_EXPIRED(66, Handling.FINAL),
    /** The server knows no scan of that id. Servers after 0.9.1. */
    UNKNOWN_SCANNER_ID(67, Handling.FINAL),
    /** The scan request breaks a rule. Servers after 0.9.1. */
    INVALID_SCAN_REQUEST(68, Handling.FINAL),
    /** The server has as many open scans as it allows. Servers after 0.9.1. */
    TOO_MANY_SCANNERS(69, Handling.FINAL),
    /** The server's disk is too full to accept writes. Servers after 0.9.1. */
    DISK_WRITE_LOCKED(70, Handling.RETRIABLE),
    /** The cluster has no room for more key-value leaders. Servers after 0.9.1. */
    INSUFFICIENT_KV_LEADER_REPLICA_CAPACITY(71, Handling.FINAL),
    /** The server slows its writers down. Servers after 0.9.1. */
    STORAGE_BACKPRESSURE_EXCEPTION(72, Handling.RETRIABLE),
    /** The server slows access to partitions kept in the lake. Servers after 0.9.1. */
    HISTORICAL_PARTITION_THROTTLED(73, Handling.RETRIABLE);

    /** What a code asks of the client that receives it. */
    private enum Handling {
        FINAL,
        RETRIABLE,
        INVALID_METADATA
    }

    private static final int LOWEST_CODE = UNKNOWN_SERVER_ERROR.code;
    private static final FlussError[] BY_CODE = indexByCode();

    private final int code;
    private final Handling handling;

    FlussError(final int code, final Handling handling) {
        this.code = code;
        this.handling = handling;
    }

    private static FlussError[] indexByCode() {
        int highest = LOWEST_CODE;
        for (final FlussError error : values()) {
            highest = Math.max(highest, error.code);
        }
        final FlussError[] byCode = new FlussError[highest - LOWEST_CODE + 1];
        Arrays.fill(byCode, UNKNOWN_SERVER_ERROR);
        for (final FlussError error : values()) {
            byCode[error.code - LOWEST_CODE] = error;
        }
        return byCode;
    }

    /**
     * The constant for a number of the protocol.
     *
     * @param code as a server sent it.
     * @return its constant, or {@link #UNKNOWN_SERVER_ERROR} if this version does not know the number.
     */
    public static FlussError forCode(final int code) {
        return code < LOWEST_CODE || code >= LOWEST_CODE + BY_CODE.length
                ? UNKNOWN_SERVER_ERROR
                : BY_CODE[code - LOWEST_CODE];
    }

    /**
     * The number of this error in the protocol.
     *
     * @return the code; 0 is success.
     */
    public int code() {
        return code;
    }

    /**
     * Tells whether the same request may succeed later.
     *
     * @return true if the protocol counts the error as passing.
     */
    public boolean isRetriable() {
        return handling != Handling.FINAL;
    }

    /**
     * Tells whether the error means that the client's picture of the cluster is out of date.
     *
     * @return true if metadata of the table must be fetched anew before the next attempt.
     */
    public boolean isInvalidMetadata() {
        return handling == Handling.INVALID_METADATA;
    }
}
