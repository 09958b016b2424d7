package dev.millrace.scan;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.Config;
import dev.millrace.OffsetReset;
import dev.millrace.error.FlussError;
import dev.millrace.internal.cluster.BootstrapServers;
import dev.millrace.internal.cluster.BucketOffsets;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.codec.LogBatchLayout;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.remote.RemoteFiles;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.RpcSettings;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.ListOffsetsRequest;
import dev.millrace.internal.rpc.proto.ListOffsetsResponse;
import dev.millrace.internal.rpc.proto.MetadataResponse;
import dev.millrace.internal.rpc.proto.PbBucketMetadata;
import dev.millrace.internal.rpc.proto.PbListOffsetsRespForBucket;
import dev.millrace.internal.rpc.proto.PbServerNode;
import dev.millrace.internal.rpc.proto.PbTableMetadata;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.interop.OfficialLog;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.types.DataTypes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;
import org.agrona.MutableDirectBuffer;
import org.apache.fluss.compression.ArrowCompressionInfo;
import org.apache.fluss.memory.UnmanagedPagedOutputView;
import org.apache.fluss.record.ChangeType;
import org.apache.fluss.record.MemoryLogRecordsCompactedBuilder;
import org.apache.fluss.record.bytesview.BytesView;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.row.encode.CompactedRowEncoder;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.RowType;
import org.jspecify.annotations.Nullable;

/** A table of one BIGINT column whose only server is a script, and what a scan of it needs. */
final class ScriptedLog implements AutoCloseable {
    static final TablePath PATH = TablePath.of("market", "ticks");
    static final long TABLE_ID = 11;
    private static final int PAGE_LENGTH = 64 * 1024;

    private static final RowType NUMBERS =
            RowType.of(new DataType[] {org.apache.fluss.types.DataTypes.BIGINT()}, new String[] {"n"});

    private final ScriptedServer server;
    private final RpcClient rpc;
    private final Cluster cluster;
    private final Config config;
    final ReadMemory memory;
    private final RemoteFiles remoteFiles;
    final AtomicInteger metadataRequests = new AtomicInteger();
    private volatile Consumer<Request> schemas = request -> request.refuse(FlussError.UNKNOWN_SERVER_ERROR.code(), "");
    private volatile Consumer<Request> ranges = request -> request.refuse(FlussError.UNKNOWN_SERVER_ERROR.code(), "");
    private volatile Consumer<Request> limitScans = request -> {};
    /** Leads all buckets, once somebody sets it. */
    volatile @Nullable ServerNode otherLeader;
    /** Leads single buckets, once somebody puts it here. */
    final Map<Integer, ServerNode> leaders = new ConcurrentHashMap<>();

    /** @param fetches answers the fetches, or leaves them unanswered. */
    ScriptedLog(final int buckets, final BiConsumer<Request, FetchLogRequest> fetches) throws IOException {
        this(buckets, settings -> settings, fetches);
    }

    ScriptedLog(final int buckets, final OffsetReset reset, final BiConsumer<Request, FetchLogRequest> fetches)
            throws IOException {
        this(buckets, settings -> settings.scannerLogOffsetReset(reset), fetches);
    }

    ScriptedLog(
            final int buckets,
            final UnaryOperator<Config.Builder> settings,
            final BiConsumer<Request, FetchLogRequest> fetches)
            throws IOException {
        server = new ScriptedServer(request -> {});
        server.script(request -> {
            if (request.api() == Api.GET_METADATA) {
                metadataRequests.incrementAndGet();
                request.answer(metadata(buckets));
            } else if (request.api() == Api.FETCH_LOG) {
                fetches.accept(request, parse(request));
            } else if (request.api() == Api.LIST_OFFSETS) {
                ranges.accept(request);
            } else if (request.api() == Api.GET_TABLE_SCHEMA) {
                schemas.accept(request);
            } else if (request.api() == Api.LIMIT_SCAN) {
                limitScans.accept(request);
            }
        });
        rpc = new RpcClient(new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(30), 1 << 24, null));
        config = settings.apply(Config.builder())
                .bootstrapServers(server.node().host() + ":" + server.node().port())
                .build();
        cluster = new Cluster(
                rpc,
                BootstrapServers.parse(config.bootstrapServers()),
                config.requestTimeout().toNanos());
        memory = new ReadMemory(config.scannerBufferMemorySize());
        remoteFiles = new RemoteFiles(rpc, cluster, config.requestTimeout());
    }

    TableScan scan(final int buckets) {
        return scan(buckets, LogFormat.ARROW, numbers());
    }

    TableScan scan(final int buckets, final Schema schema) {
        return scan(buckets, LogFormat.ARROW, schema);
    }

    TableScan scan(final int buckets, final LogFormat format) {
        return scan(buckets, format, numbers());
    }

    private static Schema numbers() {
        return Schema.builder().column("n", DataTypes.BIGINT()).build();
    }

    private TableScan scan(final int buckets, final LogFormat format, final Schema schema) {
        final TableDescriptor descriptor = TableDescriptor.builder()
                .schema(schema)
                .logFormat(format)
                .distributedBy(buckets)
                .build();
        return scan(descriptor, config);
    }

    /** A scan of the same table if it looked otherwise, with less patience. */
    TableScan scan(final TableDescriptor descriptor, final Duration requestTimeout) {
        return scan(
                descriptor,
                Config.builder()
                        .bootstrapServers(config.bootstrapServers())
                        .requestTimeout(requestTimeout)
                        .build());
    }

    private TableScan scan(final TableDescriptor descriptor, final Config scanConfig) {
        return new TableScan(
                new TableInfo(PATH, TABLE_ID, 1, descriptor, Instant.EPOCH, Instant.EPOCH),
                scanConfig,
                rpc,
                cluster,
                memory,
                remoteFiles,
                new ScanMetrics(memory));
    }

    /** Answers limit scans from now on, or leaves them without an answer. */
    void setLimitScans(final Consumer<Request> answers) {
        limitScans = answers;
    }

    /** What bucket 0 has from now on. */
    void setRange(final long earliest, final long latest) {
        setRanges(request -> {
            try {
                final boolean isEarliest =
                        ListOffsetsRequest.parseFrom(request.body()).getOffsetType() == BucketOffsets.EARLIEST;
                request.answer(ListOffsetsResponse.newBuilder()
                        .addBucketsResp(PbListOffsetsRespForBucket.newBuilder()
                                .setBucketId(0)
                                .setOffset(isEarliest ? earliest : latest))
                        .build());
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException("the server could not read this request", e);
            }
        });
    }

    /** Answers who asks for ranges from now on, or leaves him without an answer. */
    void setRanges(final Consumer<Request> answers) {
        ranges = answers;
    }

    /** Answers who asks for schemas from now on, or leaves him without an answer. */
    void setSchemas(final Consumer<Request> answers) {
        schemas = answers;
    }

    /**
     * Rows in the format COMPACTED, whose first column is {@code first} and up; those of another schema than the first
     * have one more column.
     */
    @SuppressWarnings("try") // the official encoder's close() throws Exception
    static byte[] rowBatch(final int schemaId, final long from, final long to, final long first) {
        final int columns = schemaId == 1 ? 1 : 2;
        final DataType[] types = new DataType[columns];
        Arrays.fill(types, org.apache.fluss.types.DataTypes.BIGINT());
        try (CompactedRowEncoder encoder = new CompactedRowEncoder(types)) {
            final var output = new UnmanagedPagedOutputView(PAGE_LENGTH);
            final var builder = MemoryLogRecordsCompactedBuilder.builder(schemaId, Integer.MAX_VALUE, output, true);
            for (long n = first; n < first + to - from; n++) {
                encoder.startNewRow();
                for (int column = 0; column < columns; column++) {
                    encoder.encodeField(column, n);
                }
                builder.append(ChangeType.APPEND_ONLY, encoder.finishRow());
            }
            builder.close();
            final BytesView view = builder.build();
            final byte[] bytes = new byte[view.getBytesLength()];
            view.getByteBuf().readBytes(bytes);
            return at(from, bytes);
        } catch (Exception e) {
            throw new IllegalStateException("the official encoder failed", e);
        }
    }

    /** A batch of the numbers from {@code from} to before {@code to}, at the offsets of the same numbers. */
    static byte[] batch(final long from, final long to) {
        return batch(from, to, OfficialLog.NONE);
    }

    static byte[] batch(final long from, final long to, final ArrowCompressionInfo compression) {
        final byte[] bytes = OfficialLog.batch(
                NUMBERS,
                compression,
                LongStream.range(from, to).mapToObj(GenericRow::of).toList());
        return at(from, bytes);
    }

    /** The same as changes: all rows are inserted, but the change type of one has this number. */
    static byte[] changes(final long from, final long to, final int row, final int number) {
        final byte[] bytes = OfficialLog.batch(
                NUMBERS,
                OfficialLog.NONE,
                LongStream.range(from, to).mapToObj(GenericRow::of).toList(),
                LongStream.range(from, to).mapToObj(n -> ChangeType.INSERT).toList());
        bytes[LogBatchLayout.HEADER_LENGTH + row] = (byte) number;
        final CRC32C crc = new CRC32C();
        crc.update(bytes, LogBatchLayout.CRC_START, bytes.length - LogBatchLayout.CRC_START);
        OffHeap.wrap(bytes).putInt(LogBatchLayout.CRC_OFFSET, (int) crc.getValue(), ByteOrder.LITTLE_ENDIAN);
        return at(from, bytes);
    }

    /** An empty batch, which takes one offset. */
    static byte[] empty(final long offset) {
        return at(offset, OfficialLog.batch(NUMBERS, OfficialLog.NONE, List.of()));
    }

    private static byte[] at(final long offset, final byte[] batch) {
        final MutableDirectBuffer view = OffHeap.wrap(batch);
        view.putLong(LogBatchLayout.BASE_OFFSET_OFFSET, offset, ByteOrder.LITTLE_ENDIAN);
        return batch;
    }

    private MetadataResponse metadata(final int buckets) {
        final ServerNode other = otherLeader;
        final int otherId = server.node().id() + 1;
        final PbTableMetadata.Builder table = PbTableMetadata.newBuilder()
                .setTablePath(PbTablePath.newBuilder()
                        .setDatabaseName(PATH.database())
                        .setTableName(PATH.table()))
                .setTableId(TABLE_ID)
                .setSchemaId(1)
                .setTableJson(ByteString.EMPTY)
                .setCreatedTime(0)
                .setModifiedTime(0);
        for (int bucket = 0; bucket < buckets; bucket++) {
            final ServerNode leader = leaders.get(bucket);
            final int allLedBy = other == null ? server.node().id() : otherId;
            table.addBucketMetadata(PbBucketMetadata.newBuilder()
                    .setBucketId(bucket)
                    .setLeaderId(leader == null ? allLedBy : leader.port()));
        }
        final MetadataResponse.Builder response = MetadataResponse.newBuilder()
                .addTabletServers(PbServerNode.newBuilder()
                        .setNodeId(server.node().id())
                        .setHost(server.node().host())
                        .setPort(server.node().port()))
                .addTableMetadata(table);
        if (other != null) {
            response.addTabletServers(node(otherId, other));
        }
        leaders.values().stream().distinct().forEach(leader -> response.addTabletServers(node(leader.port(), leader)));
        return response.build();
    }

    private static PbServerNode.Builder node(final int id, final ServerNode server) {
        return PbServerNode.newBuilder().setNodeId(id).setHost(server.host()).setPort(server.port());
    }

    static FetchLogRequest parse(final Request request) {
        try {
            return FetchLogRequest.parseFrom(request.body());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the server could not read this request", e);
        }
    }

    @Override
    public void close() {
        remoteFiles.close();
        cluster.close();
        rpc.close();
        memory.close();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
