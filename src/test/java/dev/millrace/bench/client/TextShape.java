package dev.millrace.bench.client;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.metadata.Schema;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.types.DataTypes;
import java.util.Arrays;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.row.BinaryString;

/** A number and a text of 2,000 to 6,000 letters. */
public final class TextShape implements Shape {
    private static final int TEXTS = 64;
    private static final int LEAST_LENGTH = 2_000;
    private static final int MORE = 4_000;

    private final String[] texts = new String[TEXTS];
    private final BinaryString[] officialTexts;
    private final UnsafeBuffer text = OffHeap.flyweight();

    public TextShape() {
        final Random random = new Random(1);
        Arrays.setAll(
                texts,
                i -> random.ints(LEAST_LENGTH + random.nextInt(MORE), 'a', 'z')
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString());
        officialTexts = Arrays.stream(texts).map(BinaryString::fromString).toArray(BinaryString[]::new);
    }

    @Override
    public Schema.Builder columns() {
        return Schema.builder().column("seq", DataTypes.BIGINT()).column("text", DataTypes.STRING());
    }

    @Override
    public int columnCount() {
        return 2;
    }

    @Override
    public void set(final GenericRow row, final long seq) {
        row.setLong(0, seq);
        row.setString(1, texts[(int) (seq % TEXTS)]);
    }

    @Override
    public void set(final org.apache.fluss.row.GenericRow row, final long seq) {
        row.setField(0, seq);
        row.setField(1, officialTexts[(int) (seq % TEXTS)]);
    }

    @Override
    public long checksum(final long seq) {
        final String expected = texts[(int) (seq % TEXTS)];
        return seq + expected.length() + expected.charAt(expected.length() - 1);
    }

    @Override
    public long checksum(final InternalRow row) {
        row.wrapString(1, text);
        return row.getLong(0) + text.capacity() + text.getByte(text.capacity() - 1);
    }

    @Override
    public long checksum(final org.apache.fluss.row.InternalRow row) {
        final BinaryString read = row.getString(1);
        return row.getLong(0) + read.getSizeInBytes() + read.byteAt(read.getSizeInBytes() - 1);
    }
}
