package dev.millrace.internal.remote;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A directory that servers and clients share. */
final class FileStore implements RemoteStore {
    @Override
    public void read(final RemotePath file, final long position, final ByteBuffer target) throws IOException {
        try (FileChannel channel = FileChannel.open(path(file), StandardOpenOption.READ)) {
            long at = position;
            while (target.hasRemaining()) {
                final int count = channel.read(target, at);
                if (count < 0) {
                    throw new EOFException("the file ends at byte " + at);
                }
                at += count;
            }
        }
    }

    private static Path path(final RemotePath file) throws IOException {
        try {
            return Path.of(file.path());
        } catch (InvalidPathException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        // Every read closes its file.
    }
}
