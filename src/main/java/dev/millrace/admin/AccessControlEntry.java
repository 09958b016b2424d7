package dev.millrace.admin;

/**
 * What somebody is allowed, with whatever resource it is bound to. Immutable.
 *
 * @param principal who; {@link FlussPrincipal#WILD_CARD_PRINCIPAL} for everybody.
 * @param host the address he must come from; {@link #WILD_CARD_HOST} for every address.
 * @param operationType what he does.
 * @param permissionType whether he may.
 */
public record AccessControlEntry(
        FlussPrincipal principal, String host, OperationType operationType, PermissionType permissionType) {
    /** Every address. */
    public static final String WILD_CARD_HOST = "*";

    /**
     * Allows something to somebody, wherever he comes from.
     *
     * @param principal who.
     * @param operationType what he may do.
     * @return the entry.
     */
    public static AccessControlEntry allow(final FlussPrincipal principal, final OperationType operationType) {
        return new AccessControlEntry(principal, WILD_CARD_HOST, operationType, PermissionType.ALLOW);
    }
}
