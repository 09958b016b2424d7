package dev.millrace.internal.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForTable;
import dev.millrace.internal.rpc.proto.PbProduceLogRespForBucket;
import dev.millrace.internal.rpc.proto.ProduceLogResponse;
import dev.millrace.support.Cases;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ProtoFlyweightTest {
    private static final long[] EDGES = {0, 1, 127, 128, 16383, 16384, 1L << 31, -1, Long.MIN_VALUE, Long.MAX_VALUE};

    private final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(1 << 12));
    private final ProtoWriter writer = new ProtoWriter();
    private final ProtoReader reader = new ProtoReader();

    @Test
    void shouldLayWhatGeneratedClassesLay() {
        final PbFetchLogReqForBucket bucket = PbFetchLogReqForBucket.newBuilder()
                .setPartitionId(1L << 50)
                .setBucketId(7)
                .setFetchOffset(-2)
                .setMaxFetchBytes(1 << 20)
                .build();
        final FetchLogRequest expected = FetchLogRequest.newBuilder()
                .setFollowerServerId(-1)
                .setMaxBytes(16 << 20)
                .addTablesReq(PbFetchLogReqForTable.newBuilder()
                        .setTableId(300)
                        .setProjectionPushdownEnabled(true)
                        .addAllProjectedFields(List.of(0, 200, 70_000))
                        .addBucketsReq(bucket))
                .setMaxWaitMs(500)
                .build();

        final int bucketLength = ProtoWriter.sizeOfInt64(1, 1L << 50)
                + ProtoWriter.sizeOfInt32(2, 7)
                + ProtoWriter.sizeOfInt64(3, -2)
                + ProtoWriter.sizeOfInt32(4, 1 << 20);
        final int tableLength = ProtoWriter.sizeOfInt64(1, 300)
                + ProtoWriter.sizeOfBool(2)
                + ProtoWriter.sizeOfPackedInt32(3, 0, 200, 70_000)
                + ProtoWriter.sizeOfBytes(4, bucketLength);
        writer.wrap(buffer, 5, 200)
                .int32(1, -1)
                .int32(2, 16 << 20)
                .lengthHeader(3, tableLength)
                .int64(1, 300)
                .bool(2, true)
                .packedInt32(3, 0, 200, 70_000)
                .lengthHeader(4, bucketLength)
                .int64(1, 1L << 50)
                .int32(2, 7)
                .int64(3, -2)
                .int32(4, 1 << 20)
                .int32(4, 500);

        final byte[] bytes = new byte[writer.length()];
        buffer.getBytes(5, bytes);
        assertThat(bytes).isEqualTo(expected.toByteArray());
        assertThat(writer.position()).isEqualTo(5 + bytes.length);
    }

    @Test
    void shouldReadWhatGeneratedClassesWrite() {
        final byte[] bytes = ProduceLogResponse.newBuilder()
                .addBucketsResp(PbProduceLogRespForBucket.newBuilder()
                        .setBucketId(3)
                        .setErrorCode(-1)
                        .setErrorMessage("größer als erlaubt"))
                .addBucketsResp(PbProduceLogRespForBucket.newBuilder()
                        .setPartitionId(5)
                        .setBucketId(4)
                        .setBaseOffset(Long.MAX_VALUE))
                .build()
                .toByteArray();
        buffer.putBytes(9, bytes);

        final ProtoReader nested = new ProtoReader();
        reader.wrap(buffer, 9, bytes.length);
        assertThat(reader.next()).isEqualTo(1);
        nested.wrap(buffer, reader.bytesOffset(), reader.bytesLength());
        assertThat(nested.next()).isEqualTo(2);
        assertThat(nested.int32()).isEqualTo(3);
        assertThat(nested.next()).isEqualTo(3);
        assertThat(nested.int32()).isEqualTo(-1);
        assertThat(nested.next()).isEqualTo(4);
        assertThat(nested.string()).isEqualTo("größer als erlaubt");
        assertThat(nested.next()).isEqualTo(ProtoReader.END);
        assertThat(reader.next()).isEqualTo(1);
        nested.wrap(buffer, reader.bytesOffset(), reader.bytesLength());
        assertThat(nested.next()).isEqualTo(1);
        assertThat(nested.next()).isEqualTo(2);
        assertThat(nested.next()).isEqualTo(5);
        assertThat(nested.int64()).isEqualTo(Long.MAX_VALUE);
        assertThat(nested.next()).isEqualTo(ProtoReader.END);
        assertThat(reader.next()).isEqualTo(ProtoReader.END);
        assertThat(reader.next()).isEqualTo(ProtoReader.END);
    }

    @Test
    void shouldAgreeOnEveryLengthOfNumber() {
        final Random random = new Random(Cases.SEED);
        for (int i = 0; i < Cases.COUNT; i++) {
            final long value = i < EDGES.length ? EDGES[i] : random.nextLong() >> random.nextInt(Long.SIZE);
            final int field = 1 + random.nextInt(1 << 20);
            writer.wrap(buffer, 0, 20).int64(field, value);
            assertThat(writer.length())
                    .as("seed %d, value %d", Cases.SEED, value)
                    .isEqualTo(ProtoWriter.sizeOfInt64(field, value))
                    .isEqualTo(CodedOutputStream.computeInt64Size(field, value));
            reader.wrap(buffer, 0, writer.length());
            assertThat(reader.next()).isEqualTo(field);
            assertThat(reader.int64()).isEqualTo(value);
            assertThat(reader.next()).isEqualTo(ProtoReader.END);
        }
    }

    @Test
    void shouldWriteNothingBeyondTheLimit() {
        buffer.setMemory(0, buffer.capacity(), (byte) 0x55);
        final UnsafeBuffer source = new UnsafeBuffer(new byte[16]);

        assertThatThrownBy(() -> writer.wrap(buffer, 4, 3).int32(1, 70_000))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("position=4")
                .hasMessageContaining("limit=7");
        assertThatThrownBy(() -> writer.wrap(buffer, 4, 17).bytes(1, source, 0, 16))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> writer.wrap(buffer, 4, 4).string(1, "abc"))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> writer.wrap(buffer, 4, 4).packedInt32(1, 1, 2, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> writer.wrap(buffer, 0, buffer.capacity() + 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new ProtoWriter().int32(1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        for (int i = 0; i < 32; i++) {
            assertThat(buffer.getByte(i)).isEqualTo((byte) 0x55);
        }
    }

    @Test
    void shouldRejectLengthsBeyondTheMessage() {
        for (final String hex : new String[] {
            "0a01",
            "0a80808080808080808001",
            "0a8080808008",
            "0affffffff0f",
            "09",
            "0900000000000000",
            "0d000000",
            "08",
            "0880",
            "08ffffffffffffffffffff01",
            "00",
            "0800" + "07",
            "0b",
            "0c",
            "ffffffffffffffffff01"
        }) {
            final byte[] bytes = HexFormat.of().parseHex(hex);
            buffer.setMemory(0, 64, (byte) 1);
            buffer.putBytes(0, bytes);
            reader.wrap(buffer, 0, bytes.length);
            assertThatThrownBy(() -> {
                        while (reader.next() != ProtoReader.END) {
                            // to the damage
                        }
                    })
                    .as(hex)
                    .isInstanceOf(CorruptDataException.class);
        }
        reader.wrap(buffer, 0, 0);
        assertThat(reader.next()).isEqualTo(ProtoReader.END);
        assertThatThrownBy(reader::int64).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldRejectFieldOfAnotherWireType() {
        writer.wrap(buffer, 0, 100).int32(1, 5).lengthHeader(2, 0);
        reader.wrap(buffer, 0, writer.length());
        reader.next();
        assertThatThrownBy(reader::bytesOffset).isInstanceOf(CorruptDataException.class);
        assertThatThrownBy(reader::fixed32Bits).isInstanceOf(CorruptDataException.class);
        reader.next();
        assertThat(reader.bytesLength()).isZero();
        assertThatThrownBy(reader::int32).isInstanceOf(CorruptDataException.class);
    }

    @Test
    void shouldNeverReadOutsideDamagedBytes() {
        final Random random = new Random(Cases.SEED);
        final byte[] sound = ProduceLogResponse.newBuilder()
                .addBucketsResp(PbProduceLogRespForBucket.newBuilder()
                        .setBucketId(3)
                        .setErrorMessageBytes(ByteString.copyFrom(new byte[300])))
                .build()
                .toByteArray();
        for (int i = 0; i < Cases.COUNT; i++) {
            final byte[] bytes = Arrays.copyOf(sound, 1 + random.nextInt(sound.length));
            for (int n = random.nextInt(3); n >= 0; n--) {
                bytes[random.nextInt(Math.min(bytes.length, 12))] = (byte) random.nextInt();
            }
            // Exactly as large as the message, and bounds checked: a read outside throws something else.
            reader.wrap(new UnsafeBuffer(bytes), 0, bytes.length);
            try {
                while (reader.next() != ProtoReader.END) {
                    if (reader.isLengthDelimited()) {
                        assertThat(reader.bytesOffset() + reader.bytesLength())
                                .as("seed %d, round %d", Cases.SEED, i)
                                .isLessThanOrEqualTo(bytes.length);
                    }
                }
            } catch (final CorruptDataException expected) {
                assertThat(expected).hasMessageContaining("damaged message");
            }
        }
    }
}
