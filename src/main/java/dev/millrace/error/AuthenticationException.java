package dev.millrace.error;

/**
 * A server does not let this client in: a wrong password, or one of the two sides expects another way to log in than the
 * other. Nothing but a change of the configuration, here or there, helps, so nothing is tried again because of it: all
 * that waits for the server fails with this at once, and later calls try once each.
 *
 * <p>The message names the server, the option to change and what the server says; never the password.
 */
public final class AuthenticationException extends FlussApiException {
    private static final long serialVersionUID = 1L;

    /** What stands in the way. */
    public enum Reason {
        /** The server does not know the user, or he has another password. */
        WRONG_CREDENTIALS,
        /** The server lets users log in, but not by the mechanism of this client. */
        MECHANISM_NOT_OFFERED,
        /** This client wants to log in, and nobody logs in at this address of the server. */
        SASL_NOT_OFFERED,
        /** This client does not log in, and the server wants it to. */
        SASL_REQUIRED,
        /** Something that this version has no name for; see what the server says. */
        OTHER
    }

    /** What stands in the way. */
    private final Reason reason;

    /**
     * Creates the exception.
     *
     * @param reason what stands in the way.
     * @param message which server, what to change, and what the server says.
     */
    public AuthenticationException(final Reason reason, final String message) {
        super(FlussError.AUTHENTICATE_EXCEPTION, message);
        this.reason = reason;
    }

    private AuthenticationException(final String message, final AuthenticationException first) {
        super(message, first);
        reason = first.reason;
    }

    /**
     * What stands in the way.
     *
     * @return the reason, as far as the words of the server tell.
     */
    public Reason reason() {
        return reason;
    }

    @Override
    public AuthenticationException again(final String message) {
        return new AuthenticationException(message, this);
    }
}
