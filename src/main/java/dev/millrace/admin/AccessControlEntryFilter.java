package dev.millrace.admin;

import org.jspecify.annotations.Nullable;

/**
 * Which access control entries are meant. Immutable.
 *
 * @param principal null: of every principal. {@link FlussPrincipal#WILD_CARD_PRINCIPAL}: those that say everybody.
 * @param host null: of every host. {@link AccessControlEntry#WILD_CARD_HOST}: those that say every address.
 * @param operationType {@link OperationType#ANY}: of every operation.
 * @param permissionType {@link PermissionType#ANY}: of every permission.
 */
public record AccessControlEntryFilter(
        @Nullable FlussPrincipal principal,
        @Nullable String host,
        OperationType operationType,
        PermissionType permissionType) {
    /** All entries. */
    public static final AccessControlEntryFilter ANY =
            new AccessControlEntryFilter(null, null, OperationType.ANY, PermissionType.ANY);

    /**
     * One entry alone.
     *
     * @param entry the one.
     * @return the filter.
     */
    public static AccessControlEntryFilter of(final AccessControlEntry entry) {
        return new AccessControlEntryFilter(
                entry.principal(), entry.host(), entry.operationType(), entry.permissionType());
    }
}
