package dev.millrace.admin;

/**
 * How far the rebalance of a bucket has come. Immutable.
 *
 * @param plan where it moves.
 * @param status how far that has come.
 */
public record RebalanceResultForBucket(RebalancePlanForBucket plan, RebalanceStatus status) {}
