package dev.millrace.admin;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.CreateAclsRequest;
import dev.millrace.internal.rpc.proto.CreateAclsResponse;
import dev.millrace.internal.rpc.proto.DropAclsRequest;
import dev.millrace.internal.rpc.proto.DropAclsResponse;
import dev.millrace.internal.rpc.proto.ListAclsRequest;
import dev.millrace.internal.rpc.proto.ListAclsResponse;
import dev.millrace.internal.rpc.proto.PbAclFilter;
import dev.millrace.internal.rpc.proto.PbAclInfo;
import dev.millrace.internal.rpc.proto.PbCreateAclRespInfo;
import dev.millrace.internal.rpc.proto.PbDropAclsFilterResult;
import dev.millrace.internal.rpc.proto.PbDropAclsMatchingAcl;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Who may do what. The coordinator is asked, since the others hear of changes a little later. */
final class Acls {
    private final Servers servers;

    Acls(final Servers servers) {
        this.servers = servers;
    }

    List<AclBinding> list(final AclBindingFilter filter) {
        final ListAclsRequest request =
                ListAclsRequest.newBuilder().setAclFilter(message(filter)).build();
        return servers.askCoordinator(Api.LIST_ACLS, request, ListAclsResponse.parser()).getAclList().stream()
                .map(Acls::read)
                .toList();
    }

    void create(final Collection<AclBinding> bindings) {
        // A server fails over a binding that comes twice.
        final Set<AclBinding> distinct = new LinkedHashSet<>(bindings);
        final CreateAclsRequest.Builder request = CreateAclsRequest.newBuilder();
        distinct.forEach(binding -> request.addAcl(message(checked(binding))));
        final CreateAclsResponse response =
                servers.askCoordinator(Api.CREATE_ACLS, request.build(), CreateAclsResponse.parser());
        final List<FlussApiException> refused = new ArrayList<>();
        for (final PbCreateAclRespInfo result : response.getAclResList()) {
            if (result.getErrorCode() != FlussError.NONE.code()) {
                refused.add(
                        error(Api.CREATE_ACLS, result.getErrorCode(), read(result.getAcl()), result.getErrorMessage()));
            }
        }
        throwFirst(refused);
    }

    List<AclBinding> drop(final Collection<AclBindingFilter> filters) {
        final DropAclsRequest.Builder request = DropAclsRequest.newBuilder();
        filters.forEach(filter -> request.addAclFilter(message(filter)));
        final DropAclsResponse response =
                servers.askCoordinator(Api.DROP_ACLS, request.build(), DropAclsResponse.parser());
        final List<FlussApiException> refused = new ArrayList<>();
        final List<AclBinding> dropped = new ArrayList<>();
        for (final PbDropAclsFilterResult result : response.getFilterResultsList()) {
            if (result.getErrorCode() != FlussError.NONE.code()) {
                refused.add(error(Api.DROP_ACLS, result.getErrorCode(), filters, result.getErrorMessage()));
            }
            for (final PbDropAclsMatchingAcl match : result.getMatchingAclsList()) {
                final AclBinding binding = read(match.getAcl());
                if (match.getErrorCode() == FlussError.NONE.code()) {
                    dropped.add(binding);
                } else {
                    refused.add(error(Api.DROP_ACLS, match.getErrorCode(), binding, match.getErrorMessage()));
                }
            }
        }
        throwFirst(refused);
        return List.copyOf(dropped);
    }

    private static FlussApiException error(final Api api, final int code, final Object what, final String text) {
        return new FlussApiException(FlussError.forCode(code), code, api + " of " + what + ": " + text);
    }

    private static void throwFirst(final List<FlussApiException> refused) {
        if (!refused.isEmpty()) {
            final FlussApiException first = refused.getFirst();
            refused.subList(1, refused.size()).forEach(first::addSuppressed);
            throw first;
        }
    }

    /** A server would store what is for filters, and match it with nothing. */
    private static AclBinding checked(final AclBinding binding) {
        final AccessControlEntry entry = binding.accessControlEntry();
        if (binding.resource().type() == ResourceType.ANY
                || entry.operationType() == OperationType.ANY
                || entry.permissionType() == PermissionType.ANY) {
            throw new IllegalArgumentException(
                    "ANY is for filters: " + binding + " must name a type of resource, an operation and a permission");
        }
        return binding;
    }

    private static PbAclInfo message(final AclBinding binding) {
        final AccessControlEntry entry = binding.accessControlEntry();
        return PbAclInfo.newBuilder()
                .setResourceName(binding.resource().name())
                .setResourceType(binding.resource().type().code())
                .setPrincipalName(entry.principal().name())
                .setPrincipalType(entry.principal().type())
                .setHost(entry.host())
                .setOperationType(entry.operationType().code())
                .setPermissionType(entry.permissionType().code())
                .build();
    }

    private static PbAclFilter message(final AclBindingFilter filter) {
        final ResourceFilter resource = filter.resourceFilter();
        final AccessControlEntryFilter entry = filter.entryFilter();
        final PbAclFilter.Builder message = PbAclFilter.newBuilder()
                .setResourceType(resource.type().code())
                .setOperationType(entry.operationType().code())
                .setPermissionType(entry.permissionType().code());
        if (resource.name() != null) {
            message.setResourceName(resource.name());
        }
        if (entry.principal() != null) {
            message.setPrincipalName(entry.principal().name())
                    .setPrincipalType(entry.principal().type());
        }
        if (entry.host() != null) {
            message.setHost(entry.host());
        }
        return message.build();
    }

    private static AclBinding read(final PbAclInfo acl) {
        return new AclBinding(
                new Resource(
                        constant(ResourceType.values(), ResourceType::code, acl.getResourceType()),
                        acl.getResourceName()),
                new AccessControlEntry(
                        new FlussPrincipal(acl.getPrincipalName(), acl.getPrincipalType()),
                        acl.getHost(),
                        constant(OperationType.values(), OperationType::code, acl.getOperationType()),
                        constant(PermissionType.values(), PermissionType::code, acl.getPermissionType())));
    }

    private static <E extends Enum<E>> E constant(final E[] values, final ToIntFunction<E> code, final int received) {
        for (final E value : values) {
            if (code.applyAsInt(value) == received) {
                return value;
            }
        }
        throw new CorruptDataException("An access control entry has an unknown "
                + values[0].getDeclaringClass().getSimpleName() + ": " + received);
    }
}
