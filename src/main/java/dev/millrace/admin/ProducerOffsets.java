package dev.millrace.admin;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.DeleteProducerOffsetsRequest;
import dev.millrace.internal.rpc.proto.DeleteProducerOffsetsResponse;
import dev.millrace.internal.rpc.proto.GetProducerOffsetsRequest;
import dev.millrace.internal.rpc.proto.GetProducerOffsetsResponse;
import dev.millrace.internal.rpc.proto.PbBucketOffset;
import dev.millrace.internal.rpc.proto.PbProducerTableOffsets;
import dev.millrace.internal.rpc.proto.RegisterProducerOffsetsRequest;
import dev.millrace.internal.rpc.proto.RegisterProducerOffsetsResponse;
import dev.millrace.metadata.TableBucket;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What is asked about the offsets that a producer wants to find again after a failure. */
final class ProducerOffsets {
    private static final int CREATED = 0;
    private static final int ALREADY_EXISTS = 1;

    private final Servers servers;

    ProducerOffsets(final Servers servers) {
        this.servers = servers;
    }

    RegisterResult register(final String producerId, final Map<TableBucket, Long> offsets) {
        final Map<Long, PbProducerTableOffsets.Builder> tables = new TreeMap<>();
        offsets.forEach((bucket, offset) -> tables.computeIfAbsent(
                        bucket.tableId(),
                        table -> PbProducerTableOffsets.newBuilder().setTableId(table))
                .addBucketOffsets(message(bucket, offset)));
        final RegisterProducerOffsetsRequest.Builder request =
                RegisterProducerOffsetsRequest.newBuilder().setProducerId(producerId);
        tables.values().forEach(request::addTableOffsets);
        final int result = servers.askCoordinator(
                        Api.REGISTER_PRODUCER_OFFSETS, request.build(), RegisterProducerOffsetsResponse.parser())
                .getResult();
        return switch (result) {
            case CREATED -> RegisterResult.CREATED;
            case ALREADY_EXISTS -> RegisterResult.ALREADY_EXISTS;
            default ->
                throw new CorruptDataException(
                        "Registering offsets of producer '" + producerId + "' had an unknown result: " + result);
        };
    }

    Optional<ProducerOffsetsResult> get(final String producerId) {
        final GetProducerOffsetsRequest request =
                GetProducerOffsetsRequest.newBuilder().setProducerId(producerId).build();
        final GetProducerOffsetsResponse response =
                servers.askCoordinator(Api.GET_PRODUCER_OFFSETS, request, GetProducerOffsetsResponse.parser());
        return response.hasProducerId() ? Optional.of(read(response)) : Optional.empty();
    }

    void delete(final String producerId) {
        final DeleteProducerOffsetsRequest request = DeleteProducerOffsetsRequest.newBuilder()
                .setProducerId(producerId)
                .build();
        servers.askCoordinator(Api.DELETE_PRODUCER_OFFSETS, request, DeleteProducerOffsetsResponse.parser());
    }

    private static PbBucketOffset message(final TableBucket bucket, final long offset) {
        final PbBucketOffset.Builder message =
                PbBucketOffset.newBuilder().setBucketId(bucket.bucketId()).setLogEndOffset(offset);
        if (bucket.partitionId() != null) {
            message.setPartitionId(bucket.partitionId());
        }
        return message.build();
    }

    private static ProducerOffsetsResult read(final GetProducerOffsetsResponse response) {
        final Map<Long, Map<TableBucket, Long>> tables = new HashMap<>();
        for (final PbProducerTableOffsets table : response.getTableOffsetsList()) {
            final Map<TableBucket, Long> offsets = new HashMap<>();
            for (final PbBucketOffset bucket : table.getBucketOffsetsList()) {
                final Long partitionId = bucket.hasPartitionId() ? bucket.getPartitionId() : null;
                offsets.put(
                        TableBucket.of(table.getTableId(), partitionId, bucket.getBucketId()),
                        bucket.getLogEndOffset());
            }
            tables.put(table.getTableId(), offsets);
        }
        return new ProducerOffsetsResult(
                response.getProducerId(), tables, Instant.ofEpochMilli(response.getExpirationTime()));
    }
}
