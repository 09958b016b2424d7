package dev.millrace.write;

/** Where buckets turn that lack a leader to send to, and partitions that may lack more. Safe for any number of threads. */
interface Leaders {
    /** Looks for the leader of a bucket, and hands the bucket to the sender of that server. Never blocks. */
    void seek(BucketQueue queue);

    /** Looks whether a bucket that had no leader has one by now, whatever is remembered of it. Never blocks. */
    void lookAgain(BucketQueue queue);

    /** Looks which partitions of a table the cluster has dropped, and lets go of those. Never blocks. */
    void forgetDropped(Partitions partitions);
}
