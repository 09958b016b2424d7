package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.interop.OfficialLog;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.support.Cases;
import dev.millrace.types.RowType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Random schemas and rows, held against the official encoder and decoder. */
class ArrowBatchCasesTest {
    private static final int ROWS_A_SCHEMA = 20;

    /** What layouts become after many rows is tried with every so manieth schema. */
    private static final int UNROLLED_EACH = 4;

    private static final int BLOCK_LENGTH = 32 * 1024;
    private static final HexFormat HEX = HexFormat.of();

    private final OffHeapPool pool = new OffHeapPool("test pool", 64 << 20, 1 << 20);

    @AfterEach
    void closePool() {
        assertThat(pool.outstandingBytes()).isZero();
        pool.close();
    }

    @Test
    void shouldWriteWhatTheOfficialCodecWritesAndReads() {
        agreeOnRandomRows(Cases.SEED, Cases.COUNT);
    }

    private void agreeOnRandomRows(final long firstSeed, final int count) {
        for (int schema = 0; schema * ROWS_A_SCHEMA < count; schema++) {
            final long seed = firstSeed + schema;
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(schema % 50 == 0 ? 40 : 8, 3);
            final List<List<@Nullable Object>> rows = new ArrayList<>();
            for (int i = 0; i < ROWS_A_SCHEMA; i++) {
                rows.add(ArrowCodecCases.narrowed(type, cases.row(type)));
            }
            try {
                agreeOn(type, rows, ArrowBatchBuilderTest.Codec.values()[schema % 3], new Random(seed));
            } catch (RuntimeException | IOException | AssertionError e) {
                throw new AssertionError("seed " + seed + ", " + type.asSummaryString(), e);
            }
        }
    }

    /** Whatever a row throws, and wherever, and whatever there is no room for: the batch is what it would be without. */
    @Test
    void shouldKeepNothingOfARowThatFailsOrDoesNotFit() {
        int failed = 0;
        int refused = 0;
        for (int schema = 0; schema < 500; schema++) {
            final long seed = Cases.SEED + schema;
            final RowCases cases = new RowCases(seed);
            final Random random = new Random(seed);
            final RowType type = cases.schema(6, 3);
            final ArrowBatchLayout layout = new ArrowBatchLayout(type, 1, ArrowMessageLayout.NO_COMPRESSION);
            if (schema % UNROLLED_EACH == 0) {
                layout.unroll();
            }
            final ArrowBatchLayout.Plan plan = layout.newSizing().plan(1_000 + random.nextInt(6_000));
            final Throwable failure = schema % 2 == 0 ? new IllegalStateException("stop") : new StackOverflowError();
            final List<InternalRow> taken = new ArrayList<>();
            final Block block = acquire(plan);
            final ArrowBatchBuilder builder = new ArrowBatchBuilder(layout, plan, block);
            for (int i = 0; i < 60; i++) {
                final InternalRow row = RowCases.toOurs(type, ArrowCodecCases.narrowed(type, cases.row(type)));
                final InternalRow given =
                        random.nextBoolean() ? row : FailingRow.of(row, 1 + random.nextInt(80), failure);
                final int before = builder.rowCount();
                try {
                    if (builder.tryAppend(given)) {
                        taken.add(row);
                    } else {
                        refused++;
                    }
                } catch (RowConversionException | StackOverflowError e) {
                    assertThat(e instanceof Error ? e : e.getCause())
                            .as("seed %d", seed)
                            .isSameAs(failure);
                    failed++;
                }
                assertThat(builder.rowCount()).isEqualTo(taken.size()).isGreaterThanOrEqualTo(before);
            }
            final byte[] disturbed = finished(builder);
            block.release();

            final Block calmBlock = acquire(plan);
            final ArrowBatchBuilder calm = new ArrowBatchBuilder(layout, plan, calmBlock);
            taken.forEach(row -> assertThat(calm.tryAppend(row)).isTrue());
            assertThat(disturbed).as("seed %d, %s", seed, type).isEqualTo(finished(calm));
            calmBlock.release();
        }
        assertThat(failed).isGreaterThan(1_000);
        assertThat(refused).isGreaterThan(1_000);
    }

    /** Where the JVM makes no classes at run time, the same bytes come from the loop that asks each column. */
    @Test
    void shouldWriteTheSameWithoutAClassForTheTable() {
        for (int schema = 0; schema < 100; schema++) {
            final long seed = Cases.SEED + schema;
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(30, 2);
            final List<GenericRow> rows = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                rows.add(RowCases.toOurs(type, ArrowCodecCases.narrowed(type, cases.row(type))));
            }
            final ArrowBatchLayout own = new ArrowBatchLayout(type, 1, ArrowMessageLayout.NO_COMPRESSION);
            own.unroll();
            final ArrowBatchLayout asking = new ArrowBatchLayout(type, 1, ArrowMessageLayout.NO_COMPRESSION);
            assertThat(own.loop().getClass().isHidden()).isTrue();
            assertThat(bytesOf(own, rows)).as("seed %d, %s", seed, type).isEqualTo(bytesOf(asking, rows));
        }
    }

    private byte[] bytesOf(final ArrowBatchLayout layout, final List<GenericRow> rows) {
        final ArrowBatchLayout.Plan plan = layout.newSizing().plan(1 << 20);
        final Block block = acquire(plan);
        final ArrowBatchBuilder builder = new ArrowBatchBuilder(layout, plan, block);
        rows.forEach(row -> assertThat(builder.tryAppend(row)).isTrue());
        final byte[] bytes = finished(builder);
        block.release();
        return bytes;
    }

    private Block acquire(final ArrowBatchLayout.Plan plan) {
        final Block block = pool.tryAcquire(plan.blockLength());
        assertThat(block).isNotNull();
        block.buffer().setMemory(0, block.length(), (byte) 0xA5);
        return block;
    }

    private static byte[] finished(final ArrowBatchBuilder builder) {
        builder.finish(null);
        builder.seal(-1, -1);
        return ArrowBatchBuilderTest.bytes(builder);
    }

    private void agreeOn(
            final RowType type,
            final List<List<@Nullable Object>> rows,
            final ArrowBatchBuilderTest.Codec codec,
            final Random random)
            throws IOException {
        final List<List<@Nullable Object>> read = new ArrayList<>();
        // A small block now and then, so that rows do not fit and batches of a learnt plan follow.
        final List<ArrowBatchBuilderTest.Written> batches = ArrowBatchBuilderTest.write(
                pool, type, codec, random.nextInt(4) == 0 ? 2_000 : BLOCK_LENGTH, toOurs(type, rows));
        final RowType readable = ArrowCodecCases.readable(type);
        int first = 0;
        for (final ArrowBatchBuilderTest.Written batch : batches) {
            OfficialLog.read(
                    RowCases.official(type), batch.bytes(), row -> read.add(RowCases.fromOfficial(readable, row)));
            if (codec == ArrowBatchBuilderTest.Codec.NONE) {
                final List<List<@Nullable Object>> part = rows.subList(first, first + batch.rows());
                compareBuffers(type, part, batch.bytes());
            }
            first += batch.rows();
        }
        assertThat(read).hasSameSizeAs(rows);
        for (int i = 0; i < rows.size(); i++) {
            for (int column = 0; column < type.fieldCount(); column++) {
                assertThat(read.get(i).get(column))
                        .as("column %d of row %d", column, i)
                        .isEqualTo(rows.get(i).get(column));
            }
        }
    }

    private static List<GenericRow> toOurs(final RowType type, final List<List<@Nullable Object>> rows) {
        return rows.stream().map(row -> RowCases.toOurs(type, row)).toList();
    }

    /** Node for node and buffer for buffer, but for the validity of fields without nulls, which ours leave out. */
    private static void compareBuffers(final RowType type, final List<List<@Nullable Object>> rows, final byte[] ours)
            throws IOException {
        final byte[] official = OfficialLog.batch(
                RowCases.official(type),
                OfficialLog.NONE,
                rows.stream().map(row -> RowCases.toOfficial(type, row)).toList());
        final List<ArrowField> fields = new ArrayList<>();
        ArrowField.columnsOf(type, fields);
        try (BufferAllocator allocator = new RootAllocator();
                ArrowRecordBatch our = message(ours, allocator);
                ArrowRecordBatch their = message(official, allocator)) {
            assertThat(our.getLength()).isEqualTo(their.getLength());
            assertThat(our.getNodes()).hasSameSizeAs(fields);
            assertThat(our.getBuffers()).hasSameSizeAs(their.getBuffers());
            int buffer = 0;
            for (final ArrowField field : fields) {
                final ArrowFieldNode node = our.getNodes().get(field.node);
                final ArrowFieldNode theirNode = their.getNodes().get(field.node);
                assertThat(node.getLength()).as(field.name).isEqualTo(theirNode.getLength());
                assertThat(node.getNullCount()).as(field.name).isEqualTo(theirNode.getNullCount());
                for (int i = 0; i < field.kind.bufferCount(); i++) {
                    final String ourBytes = hex(our.getBuffers().get(buffer));
                    if (i == 0 && node.getNullCount() == 0) {
                        assertThat(ourBytes).isEmpty();
                    } else {
                        assertThat(ourBytes)
                                .as("buffer %d of %s %s", i, field.name, field.type)
                                .isEqualTo(hex(their.getBuffers().get(buffer)));
                    }
                    buffer++;
                }
            }
        }
    }

    private static ArrowRecordBatch message(final byte[] batch, final BufferAllocator allocator) throws IOException {
        final ByteArrayInputStream stream = new ByteArrayInputStream(
                batch, LogBatchLayout.HEADER_LENGTH, batch.length - LogBatchLayout.HEADER_LENGTH);
        return MessageSerializer.deserializeRecordBatch(new ReadChannel(Channels.newChannel(stream)), allocator);
    }

    private static String hex(final ArrowBuf buffer) {
        final byte[] bytes = new byte[(int) buffer.readableBytes()];
        buffer.getBytes(buffer.readerIndex(), bytes);
        return HEX.formatHex(bytes);
    }
}
