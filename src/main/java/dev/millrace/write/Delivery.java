package dev.millrace.write;

/** What a result is of: a batch, or several of them. Safe for any number of threads. */
interface Delivery {
    /** Somebody waits: leaves as soon as it can. */
    void hurry();

    /** Ends if its time is over. */
    void expire();

    /** By when it has ended, on the clock of {@link System#nanoTime}. */
    long deliveryDeadlineNs();

    /** The rows it holds, whoever wrote them. */
    int rowCount();
}
