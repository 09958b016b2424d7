package dev.millrace.metadata;

import java.util.List;

/**
 * What a snapshot of a bucket is made of. Immutable.
 *
 * @param snapshotFiles the files of the key-value store.
 * @param logOffset from which on the bucket's changelog has what the snapshot has not.
 */
public record KvSnapshotMetadata(List<FsPathAndFileName> snapshotFiles, long logOffset) {
    /** Copies the list. */
    public KvSnapshotMetadata {
        snapshotFiles = List.copyOf(snapshotFiles);
    }

    /**
     * A file of a snapshot. Immutable.
     *
     * @param path where it lies, with the scheme of the file system.
     * @param fileName what it is called where the store is opened.
     */
    public record FsPathAndFileName(String path, String fileName) {}
}
