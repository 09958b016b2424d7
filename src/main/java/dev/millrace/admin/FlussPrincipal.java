package dev.millrace.admin;

/**
 * Who asks the cluster for something. Immutable.
 *
 * @param name for example the name that a user logs in with.
 * @param type {@code User} for those who log in by themselves.
 */
public record FlussPrincipal(String name, String type) {
    /** Whoever comes in through a listener that asks nobody for his name. */
    public static final FlussPrincipal ANONYMOUS = user("ANONYMOUS");

    /** In an access control entry: everybody. */
    public static final FlussPrincipal WILD_CARD_PRINCIPAL = new FlussPrincipal("*", "*");

    /**
     * Somebody who logs in.
     *
     * @param name the user name of SASL.
     * @return the principal of type {@code User}.
     */
    public static FlussPrincipal user(final String name) {
        return new FlussPrincipal(name, "User");
    }
}
