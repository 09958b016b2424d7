package dev.millrace.admin;

/** What a rebalance is to reach. */
public enum GoalType {
    /** About as many replicas on each tablet server. */
    REPLICA_DISTRIBUTION(0),
    /** About as many leaders on each tablet server. */
    LEADER_DISTRIBUTION(1),
    /** About as many replicas on each tablet server, those of one bucket in different racks. */
    RACK_AWARE(2);

    private final int code;

    GoalType(final int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
