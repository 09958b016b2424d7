package dev.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.metadata.TablePath;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Access control entries that we make, list and drop, and what the official client sees of them. */
class FlussAdminAclsTest extends BothAdmins {
    private static final FlussPrincipal ALICE = FlussPrincipal.user("alice");
    private static final FlussPrincipal BARBARA = FlussPrincipal.user("bärbel");

    @AfterEach
    void dropAll() {
        admin.dropAcls(List.of(AclBindingFilter.ANY));
    }

    @Test
    void shouldCreateListAndDropAcls() throws Exception {
        final TablePath orders = TablePath.of("shop", "orders");
        final AclBinding read =
                new AclBinding(Resource.table(orders), AccessControlEntry.allow(ALICE, OperationType.READ));
        final AclBinding write = new AclBinding(
                Resource.table(orders),
                new AccessControlEntry(ALICE, "10.0.0.1", OperationType.WRITE, PermissionType.ALLOW));
        final AclBinding create =
                new AclBinding(Resource.database("shop"), AccessControlEntry.allow(BARBARA, OperationType.CREATE));
        final AclBinding describe = new AclBinding(
                Resource.cluster(),
                AccessControlEntry.allow(FlussPrincipal.WILD_CARD_PRINCIPAL, OperationType.DESCRIBE));
        assertThat(admin.listAcls(AclBindingFilter.ANY)).isEmpty();
        assertThat(admin.dropAcls(List.of(AclBindingFilter.of(read)))).isEmpty();

        admin.createAcls(List.of(read, write, create, read));
        admin.createAcls(List.of(describe, create));
        admin.createAcls(List.of());
        assertThat(admin.listAcls(AclBindingFilter.ANY)).containsExactlyInAnyOrder(read, write, create, describe);
        assertThat(listedByThem()).isEqualTo(described(List.of(read, write, create, describe)));

        assertThat(admin.listAcls(byResource(ResourceType.TABLE, null))).containsExactlyInAnyOrder(read, write);
        assertThat(admin.listAcls(byResource(ResourceType.TABLE, "shop.orders")))
                .containsExactlyInAnyOrder(read, write);
        assertThat(admin.listAcls(byResource(ResourceType.TABLE, "shop.others")))
                .isEmpty();
        assertThat(admin.listAcls(byEntry(ALICE, null, OperationType.ANY))).containsExactlyInAnyOrder(read, write);
        assertThat(admin.listAcls(byEntry(null, "10.0.0.1", OperationType.ANY))).containsExactly(write);
        assertThat(admin.listAcls(byEntry(null, null, OperationType.CREATE))).containsExactly(create);
        assertThat(admin.listAcls(byEntry(FlussPrincipal.WILD_CARD_PRINCIPAL, null, OperationType.ANY)))
                .containsExactly(describe);
        assertThat(admin.listAcls(AclBindingFilter.of(read))).containsExactly(read);

        assertThat(admin.dropAcls(List.of(AclBindingFilter.of(read), byEntry(BARBARA, null, OperationType.ANY))))
                .containsExactlyInAnyOrder(read, create);
        assertThat(admin.listAcls(AclBindingFilter.ANY)).containsExactlyInAnyOrder(write, describe);
        assertThat(listedByThem()).isEqualTo(described(List.of(write, describe)));
    }

    @Test
    void shouldSeeTheAclsOfTheOfficialClient() throws Exception {
        await(theirs.createAcls(List.of(new org.apache.fluss.security.acl.AclBinding(
                        org.apache.fluss.security.acl.Resource.table("shop", "orders"),
                        new org.apache.fluss.security.acl.AccessControlEntry(
                                new org.apache.fluss.security.acl.FlussPrincipal("alice", "User"),
                                org.apache.fluss.security.acl.AccessControlEntry.WILD_CARD_HOST,
                                org.apache.fluss.security.acl.OperationType.ALL,
                                org.apache.fluss.security.acl.PermissionType.ALLOW))))
                .all());
        final AclBinding all = new AclBinding(
                Resource.table(TablePath.of("shop", "orders")), AccessControlEntry.allow(ALICE, OperationType.ALL));
        assertThat(admin.listAcls(AclBindingFilter.ANY)).containsExactly(all);
        assertThat(admin.dropAcls(List.of(AclBindingFilter.ANY))).containsExactly(all);
        assertThat(listedByThem()).isEmpty();
    }

    @Test
    void shouldRefuseToCreateWhatIsForFilters() {
        for (final AclBinding binding : List.of(
                new AclBinding(
                        new Resource(ResourceType.ANY, "any"), AccessControlEntry.allow(ALICE, OperationType.READ)),
                new AclBinding(Resource.cluster(), AccessControlEntry.allow(ALICE, OperationType.ANY)),
                new AclBinding(
                        Resource.cluster(),
                        new AccessControlEntry(ALICE, "*", OperationType.READ, PermissionType.ANY)))) {
            assertThatThrownBy(() -> admin.createAcls(List.of(binding)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("ANY is for filters")
                    .hasMessageContaining("alice");
        }
        assertThat(admin.listAcls(AclBindingFilter.ANY)).isEmpty();
    }

    private static AclBindingFilter byResource(final ResourceType type, final String name) {
        return new AclBindingFilter(new ResourceFilter(type, name), AccessControlEntryFilter.ANY);
    }

    private static AclBindingFilter byEntry(
            final FlussPrincipal principal, final String host, final OperationType operation) {
        return new AclBindingFilter(
                ResourceFilter.ANY, new AccessControlEntryFilter(principal, host, operation, PermissionType.ANY));
    }

    private Set<String> listedByThem() throws Exception {
        return await(theirs.listAcls(org.apache.fluss.security.acl.AclBindingFilter.ANY)).stream()
                .map(binding -> binding.getResource().getType() + " "
                        + binding.getResource().getName() + " "
                        + binding.getAccessControlEntry().getPrincipal().getType() + ":"
                        + binding.getAccessControlEntry().getPrincipal().getName() + "@"
                        + binding.getAccessControlEntry().getHost() + " "
                        + binding.getAccessControlEntry().getPermissionType() + " "
                        + binding.getAccessControlEntry().getOperationType())
                .collect(Collectors.toSet());
    }

    private static Set<String> described(final Collection<AclBinding> bindings) {
        return bindings.stream()
                .map(binding ->
                        binding.resource().type() + " " + binding.resource().name() + " "
                                + binding.accessControlEntry().principal().type() + ":"
                                + binding.accessControlEntry().principal().name() + "@"
                                + binding.accessControlEntry().host() + " "
                                + binding.accessControlEntry().permissionType() + " "
                                + binding.accessControlEntry().operationType())
                .collect(Collectors.toSet());
    }
}
