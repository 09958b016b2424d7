package dev.millrace.internal.rpc;

import com.google.protobuf.MessageLite;
import dev.millrace.internal.rpc.proto.AlterTableRequest;
import dev.millrace.internal.rpc.proto.CreateDatabaseRequest;
import dev.millrace.internal.rpc.proto.CreatePartitionRequest;
import dev.millrace.internal.rpc.proto.CreateTableRequest;
import dev.millrace.internal.rpc.proto.DropDatabaseRequest;
import dev.millrace.internal.rpc.proto.DropPartitionRequest;
import dev.millrace.internal.rpc.proto.DropTableRequest;
import dev.millrace.internal.rpc.proto.GetDatabaseInfoRequest;
import dev.millrace.internal.rpc.proto.GetLakeSnapshotRequest;
import dev.millrace.internal.rpc.proto.GetLatestKvSnapshotsRequest;
import dev.millrace.internal.rpc.proto.GetTableInfoRequest;
import dev.millrace.internal.rpc.proto.GetTableSchemaRequest;
import dev.millrace.internal.rpc.proto.InitWriterRequest;
import dev.millrace.internal.rpc.proto.ListPartitionInfosRequest;
import dev.millrace.internal.rpc.proto.ListTablesRequest;
import dev.millrace.internal.rpc.proto.MetadataRequest;
import dev.millrace.internal.rpc.proto.PbKeyValue;
import dev.millrace.internal.rpc.proto.PbPartitionSpec;
import dev.millrace.internal.rpc.proto.PbTablePath;
import java.util.List;
import java.util.stream.Collectors;

/** What a request is about, for messages: servers do not always say. */
final class RequestSubject {
    private RequestSubject() {}

    /** Returns text to follow the name of the API: " for table market.ticks"; empty if there is nothing to name. */
    static String of(final MessageLite request) {
        return switch (request) {
            case CreateDatabaseRequest of -> database(of.getDatabaseName());
            case DropDatabaseRequest of -> database(of.getDatabaseName());
            case GetDatabaseInfoRequest of -> database(of.getDatabaseName());
            case ListTablesRequest of -> database(of.getDatabaseName());
            case CreateTableRequest of -> table(of.getTablePath());
            case DropTableRequest of -> table(of.getTablePath());
            case AlterTableRequest of -> table(of.getTablePath());
            case GetTableInfoRequest of -> table(of.getTablePath());
            case GetTableSchemaRequest of -> table(of.getTablePath());
            case GetLakeSnapshotRequest of -> table(of.getTablePath());
            case GetLatestKvSnapshotsRequest of -> table(of.getTablePath());
            case ListPartitionInfosRequest of -> table(of.getTablePath());
            case CreatePartitionRequest of -> partition(of.getTablePath(), of.getPartitionSpec());
            case DropPartitionRequest of -> partition(of.getTablePath(), of.getPartitionSpec());
            case InitWriterRequest of -> tables(of.getTablePathList());
            case MetadataRequest of -> tables(of.getTablePathList());
            default -> "";
        };
    }

    private static String database(final String name) {
        return " for database " + name;
    }

    private static String table(final PbTablePath path) {
        return " for table " + name(path);
    }

    private static String tables(final List<PbTablePath> paths) {
        return switch (paths.size()) {
            case 0 -> "";
            case 1 -> table(paths.getFirst());
            default -> " for tables " + paths.stream().map(RequestSubject::name).collect(Collectors.joining(", "));
        };
    }

    private static String partition(final PbTablePath path, final PbPartitionSpec spec) {
        return spec.getPartitionKeyValuesList().stream()
                .map(RequestSubject::name)
                .collect(Collectors.joining("/", " for partition ", " of table " + name(path)));
    }

    private static String name(final PbTablePath path) {
        return path.getDatabaseName() + "." + path.getTableName();
    }

    private static String name(final PbKeyValue value) {
        return value.getKey() + "=" + value.getValue();
    }
}
