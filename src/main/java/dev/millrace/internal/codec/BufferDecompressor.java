package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.millrace.error.CorruptDataException;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Decompresses one Arrow buffer at a time from direct memory to direct memory. The zstd context is native memory of
 * its own (about 100 KiB), made when it is first needed and kept until {@link #close}. One thread at a time.
 */
public final class BufferDecompressor implements AutoCloseable {
    // The LZ4 frame format; its numbers are little-endian.
    private static final int LZ4_MAGIC = 0x184D2204;
    private static final int LZ4_VERSION_MASK = 0xC0;
    private static final int LZ4_VERSION = 0x40;
    private static final int LZ4_INDEPENDENT_BLOCKS = 0x20;
    private static final int LZ4_BLOCK_CHECKSUM = 0x10;
    private static final int LZ4_CONTENT_SIZE = 0x08;
    private static final int LZ4_CONTENT_CHECKSUM = 0x04;
    private static final int LZ4_DICTIONARY_ID = 0x01;
    private static final int LZ4_STORED_BLOCK = 1 << 31;
    private static final int LZ4_SMALLEST_FRAME = 11;
    // A block can grow by no more than this factor.
    private static final int LZ4_MAX_RATIO = 255;
    // A zstd block of 128 KiB takes four bytes at least: its head, and the one that it repeats.
    private static final int ZSTD_MAX_RATIO = (128 << 10) / 4;

    private final LZ4SafeDecompressor lz4 = LZ4Factory.fastestInstance().safeDecompressor();
    private final XXHash32 xxHash = XXHashFactory.fastestInstance().hash32();
    private @Nullable ZstdDecompressCtx zstd;

    /** The most bytes that so many compressed ones can become, so that nothing is allocated for a length that is a lie. */
    static long maxLength(final int codec, final int compressedLength) {
        return (codec == ArrowMessageLayout.ZSTD ? ZSTD_MAX_RATIO : LZ4_MAX_RATIO) * (long) compressedLength;
    }

    /**
     * Decompresses into exactly {@code targetLength} bytes.
     *
     * @param codec an Arrow codec id that {@link ArrowMessageReader} let pass.
     * @throws CorruptDataException the bytes are damaged or make another number of bytes.
     */
    void decompress(
            final int codec,
            final UnsafeBuffer source,
            final int sourceOffset,
            final int sourceLength,
            final UnsafeBuffer target,
            final int targetOffset,
            final int targetLength) {
        final int made;
        try {
            made = codec == ArrowMessageLayout.ZSTD
                    ? decompressZstd(source, sourceOffset, sourceLength, target, targetOffset, targetLength)
                    : decompressLz4(source, sourceOffset, sourceLength, target, targetOffset, targetLength);
        } catch (ZstdException | LZ4Exception cause) {
            throw new CorruptDataException(
                    "damaged compressed buffer of " + sourceLength + " bytes: " + cause.getMessage(), cause);
        }
        if (made != targetLength) {
            throw new CorruptDataException(
                    "damaged compressed buffer: it makes " + made + " bytes where " + targetLength + " are declared");
        }
    }

    /** Frees the native memory; another call would take it anew. */
    @Override
    public void close() {
        if (zstd != null) {
            zstd.close();
            zstd = null;
        }
    }

    private int decompressZstd(
            final UnsafeBuffer source,
            final int sourceOffset,
            final int sourceLength,
            final UnsafeBuffer target,
            final int targetOffset,
            final int targetLength) {
        if (zstd == null) {
            zstd = new ZstdDecompressCtx();
        }
        return zstd.decompressDirectByteBuffer(
                target.byteBuffer(),
                targetOffset + target.wrapAdjustment(),
                targetLength,
                source.byteBuffer(),
                sourceOffset + source.wrapAdjustment(),
                sourceLength);
    }

    private int decompressLz4(
            final UnsafeBuffer source,
            final int sourceOffset,
            final int sourceLength,
            final UnsafeBuffer target,
            final int targetOffset,
            final int targetLength) {
        final int end = sourceOffset + sourceLength;
        if (sourceLength < LZ4_SMALLEST_FRAME || targetLength / LZ4_MAX_RATIO > sourceLength) {
            throw damaged("an LZ4 frame of " + sourceLength + " bytes for " + targetLength);
        }
        final int flags = source.getByte(sourceOffset + 4) & 0xFF;
        final int maxBlockLength = maxBlockLength(source, sourceOffset, flags);
        int from = sourceOffset + checkedHeaderLength(source, sourceOffset, end, flags, targetLength);
        int to = targetOffset;
        while (true) {
            require(from, 4, end);
            final int header = source.getInt(from, LITTLE_ENDIAN);
            from += 4;
            if (header == 0) {
                break;
            }
            final int length = header & ~LZ4_STORED_BLOCK;
            require(from, length, end);
            final int room = Math.min(maxBlockLength, targetOffset + targetLength - to);
            if ((header & LZ4_STORED_BLOCK) == 0) {
                to += lz4.decompress(
                        source.byteBuffer(),
                        from + source.wrapAdjustment(),
                        length,
                        target.byteBuffer(),
                        to + target.wrapAdjustment(),
                        room);
            } else if (length <= room) {
                target.putBytes(to, source, from, length);
                to += length;
            } else {
                throw damaged("a block of " + length + " bytes with room for " + room);
            }
            from += length;
            if ((flags & LZ4_BLOCK_CHECKSUM) != 0) {
                checkHash(source, from - length, length, from, end);
                from += 4;
            }
        }
        if ((flags & LZ4_CONTENT_CHECKSUM) != 0) {
            require(from, 4, end);
            if (hash(target, targetOffset, to - targetOffset) != source.getInt(from, LITTLE_ENDIAN)) {
                throw damaged("content checksum differs");
            }
        }
        return to - targetOffset;
    }

    private static int maxBlockLength(final UnsafeBuffer source, final int frame, final int flags) {
        if (source.getInt(frame, LITTLE_ENDIAN) != LZ4_MAGIC) {
            throw damaged("no magic number");
        }
        if ((flags & LZ4_VERSION_MASK) != LZ4_VERSION || (flags & LZ4_DICTIONARY_ID) != 0) {
            throw damaged("flags " + Integer.toHexString(flags));
        }
        if ((flags & LZ4_INDEPENDENT_BLOCKS) == 0) {
            throw damaged("its blocks depend on each other, which Fluss does not write");
        }
        final int sizeCode = source.getByte(frame + 5) >>> 4 & 7;
        if (sizeCode < 4) {
            throw damaged("block size code " + sizeCode);
        }
        return 1 << (8 + 2 * sizeCode);
    }

    private int checkedHeaderLength(
            final UnsafeBuffer source, final int frame, final int end, final int flags, final int targetLength) {
        int at = frame + 6;
        if ((flags & LZ4_CONTENT_SIZE) != 0) {
            require(at, 9, end);
            final long size = source.getLong(at, LITTLE_ENDIAN);
            if (size != targetLength) {
                throw damaged("content size " + size + " where " + targetLength + " is declared");
            }
            at += 8;
        }
        if ((byte) (hash(source, frame + 4, at - frame - 4) >>> 8) != source.getByte(at)) {
            throw damaged("header checksum differs");
        }
        return at + 1 - frame;
    }

    private void checkHash(
            final UnsafeBuffer source, final int block, final int length, final int stored, final int end) {
        require(stored, 4, end);
        if (hash(source, block, length) != source.getInt(stored, LITTLE_ENDIAN)) {
            throw damaged("block checksum differs");
        }
    }

    private int hash(final UnsafeBuffer buffer, final int offset, final int length) {
        return xxHash.hash(buffer.byteBuffer(), offset + buffer.wrapAdjustment(), length, 0);
    }

    private static void require(final int from, final int length, final int end) {
        if (length > end - from) {
            throw damaged("it ends in the middle");
        }
    }

    private static CorruptDataException damaged(final String what) {
        return new CorruptDataException("damaged LZ4 frame: " + what);
    }
}
