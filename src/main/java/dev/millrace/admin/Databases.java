package dev.millrace.admin;

import com.google.protobuf.ByteString;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.CreateDatabaseRequest;
import dev.millrace.internal.rpc.proto.CreateDatabaseResponse;
import dev.millrace.internal.rpc.proto.DatabaseExistsRequest;
import dev.millrace.internal.rpc.proto.DatabaseExistsResponse;
import dev.millrace.internal.rpc.proto.DropDatabaseRequest;
import dev.millrace.internal.rpc.proto.DropDatabaseResponse;
import dev.millrace.internal.rpc.proto.GetDatabaseInfoRequest;
import dev.millrace.internal.rpc.proto.GetDatabaseInfoResponse;
import dev.millrace.internal.rpc.proto.ListDatabasesRequest;
import dev.millrace.internal.rpc.proto.ListDatabasesResponse;
import dev.millrace.metadata.DatabaseDescriptor;
import dev.millrace.metadata.DatabaseInfo;
import dev.millrace.metadata.DatabaseSummary;
import dev.millrace.metadata.TablePath;
import java.time.Instant;
import java.util.List;

/** What is asked about databases. */
final class Databases {
    private final Servers servers;

    Databases(final Servers servers) {
        this.servers = servers;
    }

    void create(final String name, final DatabaseDescriptor descriptor, final boolean ignoreIfExists) {
        final CreateDatabaseRequest request = CreateDatabaseRequest.newBuilder()
                .setDatabaseName(TablePath.checkDatabaseName(name))
                .setIgnoreIfExists(ignoreIfExists)
                .setDatabaseJson(ByteString.copyFrom(descriptor.toJsonBytes()))
                .build();
        servers.askCoordinator(Api.CREATE_DATABASE, request, CreateDatabaseResponse.parser());
    }

    void drop(final String name, final boolean ignoreIfNotExists, final boolean cascade) {
        final DropDatabaseRequest request = DropDatabaseRequest.newBuilder()
                .setDatabaseName(name)
                .setIgnoreIfNotExists(ignoreIfNotExists)
                .setCascade(cascade)
                .build();
        servers.askCoordinator(Api.DROP_DATABASE, request, DropDatabaseResponse.parser());
    }

    List<String> list() {
        return List.copyOf(servers.askAny(
                        Api.LIST_DATABASES, ListDatabasesRequest.getDefaultInstance(), ListDatabasesResponse.parser())
                .getDatabaseNameList());
    }

    List<DatabaseSummary> summaries() {
        final ListDatabasesRequest request =
                ListDatabasesRequest.newBuilder().setIncludeSummary(true).build();
        final ListDatabasesResponse response =
                servers.askAny(Api.LIST_DATABASES, request, ListDatabasesResponse.parser());
        if (response.getDatabaseNameCount() > 0) {
            throw new UnsupportedOperationException(
                    "The cluster is older than 0.9 and tells the names of databases only: use listDatabases");
        }
        return response.getDatabaseSummaryList().stream()
                .map(summary -> new DatabaseSummary(
                        summary.getDatabaseName(),
                        Instant.ofEpochMilli(summary.getCreatedTime()),
                        summary.getTableCount()))
                .toList();
    }

    boolean exists(final String name) {
        final DatabaseExistsRequest request =
                DatabaseExistsRequest.newBuilder().setDatabaseName(name).build();
        return servers.askAny(Api.DATABASE_EXISTS, request, DatabaseExistsResponse.parser())
                .getExists();
    }

    DatabaseInfo info(final String name) {
        final GetDatabaseInfoRequest request =
                GetDatabaseInfoRequest.newBuilder().setDatabaseName(name).build();
        final GetDatabaseInfoResponse response =
                servers.askAny(Api.GET_DATABASE_INFO, request, GetDatabaseInfoResponse.parser());
        return new DatabaseInfo(
                name,
                DatabaseDescriptor.fromJsonBytes(response.getDatabaseJson().toByteArray()),
                Instant.ofEpochMilli(response.getCreatedTime()),
                Instant.ofEpochMilli(response.getModifiedTime()));
    }
}
