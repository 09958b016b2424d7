package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * A record was not acknowledged within its delivery timeout, and no further attempt is made. {@link #outcome()} tells
 * whether the record can be in the table.
 */
public final class DeliveryTimeoutException extends FlussException {
    private static final long serialVersionUID = 1L;

    /** What is known about a record that was given up. */
    public enum Outcome {
        /** No request with the record left this process: it is not in the table and never will be. */
        NOT_SENT,
        /** A request with the record left, and its answer did not come: the record may or may not be in the table. */
        OUTCOME_UNKNOWN
    }

    /** What is known of the rows. */
    private final Outcome outcome;

    /**
     * Creates the exception.
     *
     * @param message which table and bucket, how long it was tried and what stood in the way.
     * @param outcome whether the record can be in the table.
     */
    public DeliveryTimeoutException(final String message, final Outcome outcome) {
        super(message, null);
        this.outcome = outcome;
    }

    /**
     * Creates the exception with the failure of the last attempt.
     *
     * @param message which table and bucket, how long it was tried and what stood in the way.
     * @param outcome whether the record can be in the table.
     * @param cause the failure of the last attempt, if there was one.
     */
    public DeliveryTimeoutException(final String message, final Outcome outcome, final @Nullable Throwable cause) {
        super(message, cause);
        this.outcome = outcome;
    }

    /**
     * Tells whether the record can be in the table.
     *
     * @return what is known.
     */
    public Outcome outcome() {
        return outcome;
    }

    /**
     * A record that never left can be written again without becoming two.
     *
     * @return true if the outcome is {@link Outcome#NOT_SENT}.
     */
    @Override
    public boolean isRetriable() {
        return outcome == Outcome.NOT_SENT;
    }

    @Override
    public DeliveryTimeoutException again(final String message) {
        return new DeliveryTimeoutException(message, outcome, this);
    }
}
