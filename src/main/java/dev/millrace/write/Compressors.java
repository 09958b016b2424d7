package dev.millrace.write;

import dev.millrace.internal.codec.BufferCompressor;
import dev.millrace.metadata.TableInfo;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The compressors of one sender, one per codec and level that its tables use. One thread. */
final class Compressors implements AutoCloseable {
    private static final int NO_CODEC = -1;
    private static final int LZ4_FRAME = 0;
    private static final int ZSTD = 1;

    private final Map<Integer, BufferCompressor> byLevel = new HashMap<>();

    /** The Arrow codec id of a table, -1 for none. */
    static int codecOf(final TableInfo info) {
        return switch (info.compressionType()) {
            case NONE -> NO_CODEC;
            case LZ4_FRAME -> LZ4_FRAME;
            case ZSTD -> ZSTD;
        };
    }

    /** The compressor that the table asks for; null for none. */
    @Nullable BufferCompressor of(final TableInfo info) {
        return switch (info.compressionType()) {
            case NONE -> null;
            // zstd levels begin at 1.
            case LZ4_FRAME -> byLevel.computeIfAbsent(0, level -> new BufferCompressor.Lz4Frame());
            case ZSTD -> byLevel.computeIfAbsent(info.zstdLevel(), BufferCompressor.Zstandard::new);
        };
    }

    @Override
    public void close() {
        byLevel.values().forEach(BufferCompressor::close);
    }
}
