package dev.millrace.admin;

/** How far a rebalance, or that of one bucket, has come. */
public enum RebalanceStatus {
    /** It has not begun. */
    NOT_STARTED(0),
    /** It is under way. */
    REBALANCING(1),
    /** It failed. */
    FAILED(2),
    /** It is done. */
    COMPLETED(3),
    /** Somebody cancelled it. */
    CANCELED(4),
    /** It took too long. Servers after 0.9.1. */
    TIMEOUT(5);

    private final int code;

    RebalanceStatus(final int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /**
     * Tells whether it has ended.
     *
     * @return true if the status will not change any more.
     */
    public boolean isFinal() {
        return this != NOT_STARTED && this != REBALANCING;
    }
}
