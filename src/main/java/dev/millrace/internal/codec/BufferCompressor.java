package dev.millrace.internal.codec;

import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.xxhash.XXHashFactory;

/**
 * Compresses one Arrow buffer at a time from direct memory to direct memory. Holds native memory of its own (the
 * codec's context, about 1 MiB for zstd), so it is made once per thread that needs it and closed with it. One thread
 * at a time.
 */
public abstract sealed class BufferCompressor implements AutoCloseable {
    private final int codec;

    private BufferCompressor(final int codec) {
        this.codec = codec;
    }

    /** The Arrow codec id. */
    final int codec() {
        return codec;
    }

    /** The most bytes that {@code length} bytes can become, with any codec. */
    static long bound(final long length) {
        // zstd: a 256th more, and up to 64 bytes where the range is short. LZ4: see Lz4Frame.
        return length + (length >>> 8) + 512;
    }

    /** Compresses a non-empty range into a target of at least {@link #bound}; returns the compressed length. */
    abstract int compress(ByteBuffer source, int sourceOffset, int length, ByteBuffer target, int targetOffset);

    @Override
    public abstract void close();

    /** Zstandard, one frame a buffer. */
    public static final class Zstandard extends BufferCompressor {
        private final ZstdCompressCtx context;

        /** @param level 1 to 22; the compression effort. */
        public Zstandard(final int level) {
            super(ArrowMessageLayout.ZSTD);
            context = new ZstdCompressCtx().setLevel(level);
        }

        @Override
        int compress(
                final ByteBuffer source,
                final int sourceOffset,
                final int length,
                final ByteBuffer target,
                final int targetOffset) {
            return context.compressDirectByteBuffer(
                    target, targetOffset, (int) bound(length), source, sourceOffset, length);
        }

        @Override
        public void close() {
            context.close();
        }
    }

    /**
     * An LZ4 frame of independent 64 KiB blocks, without checksums and content size: what Fluss's own reader takes.
     * Layout: magic:4, FLG, BD, header checksum, then per block its length:4 (top bit: stored as it is) and bytes, and
     * a length of 0 at the end: 11 bytes, 4 a block, and at most 273 more while the last block is tried, before it is
     * stored as it is. Source: the LZ4 frame format.
     */
    public static final class Lz4Frame extends BufferCompressor {
        private static final int MAGIC = 0x184D2204;
        private static final byte FLAGS = 0x60;
        private static final byte BLOCK_64K = 0x40;
        private static final int BLOCK_LENGTH = 1 << 16;
        private static final int HEADER_LENGTH = 7;
        private static final int STORED = 1 << 31;
        private static final byte HEADER_CHECKSUM =
                (byte) (XXHashFactory.safeInstance().hash32().hash(new byte[] {FLAGS, BLOCK_64K}, 0, 2, 0) >>> 8);

        private final LZ4Compressor blocks = LZ4Factory.fastestInstance().fastCompressor();

        /** A compressor of its own; LZ4 keeps no state between blocks. */
        public Lz4Frame() {
            super(ArrowMessageLayout.LZ4_FRAME);
        }

        @Override
        int compress(
                final ByteBuffer source,
                final int sourceOffset,
                final int length,
                final ByteBuffer target,
                final int targetOffset) {
            target.order(ByteOrder.LITTLE_ENDIAN);
            target.putInt(targetOffset, MAGIC);
            target.put(targetOffset + 4, FLAGS);
            target.put(targetOffset + 5, BLOCK_64K);
            target.put(targetOffset + 6, HEADER_CHECKSUM);
            int to = targetOffset + HEADER_LENGTH;
            for (int from = 0; from < length; from += BLOCK_LENGTH) {
                to += compressBlock(source, sourceOffset + from, Math.min(BLOCK_LENGTH, length - from), target, to);
            }
            target.putInt(to, 0);
            return to + Integer.BYTES - targetOffset;
        }

        private int compressBlock(
                final ByteBuffer source, final int from, final int length, final ByteBuffer target, final int to) {
            final int data = to + Integer.BYTES;
            final int compressed =
                    blocks.compress(source, from, length, target, data, blocks.maxCompressedLength(length));
            if (compressed < length) {
                target.putInt(to, compressed);
                return Integer.BYTES + compressed;
            }
            target.put(data, source, from, length);
            target.putInt(to, length | STORED);
            return Integer.BYTES + length;
        }

        @Override
        public void close() {
            // No state.
        }
    }
}
