package dev.millrace.internal.rpc;

import dev.millrace.error.AuthenticationException;
import dev.millrace.error.AuthenticationException.Reason;

/**
 * Why a server does not let us in. All it sends is one code and a text, the same in 0.9.1 and after it. Should the words
 * change one day, the reason becomes {@link Reason#OTHER}, and the text is in the message still.
 */
final class LoginRefusal {
    private static final String OTHER_PROTOCOL = "protocol of server is 'PLAINTEXT'";
    private static final String OTHER_MECHANISMS = "SASL server enables";
    private static final String BAD_CREDENTIALS = "Invalid username or password";

    private LoginRefusal() {}

    /**
     * Makes the exception.
     *
     * @param api what was refused: an attempt to log in, or anything else on a connection that has not logged in.
     * @param server how it is called in messages.
     * @param text what it says.
     */
    static AuthenticationException of(final Api api, final String server, final String text) {
        final Reason reason = api == Api.AUTHENTICATE ? reason(text) : Reason.SASL_REQUIRED;
        return new AuthenticationException(
                reason, api + " on " + server + ": " + advice(reason) + ". The server says: " + text);
    }

    private static Reason reason(final String text) {
        if (text.contains(OTHER_PROTOCOL)) {
            return Reason.SASL_NOT_OFFERED;
        } else if (text.contains(OTHER_MECHANISMS)) {
            return Reason.MECHANISM_NOT_OFFERED;
        }
        return text.contains(BAD_CREDENTIALS) ? Reason.WRONG_CREDENTIALS : Reason.OTHER;
    }

    private static String advice(final Reason reason) {
        return switch (reason) {
            case WRONG_CREDENTIALS ->
                "the server does not know this user with this password; check client.security.sasl.username and"
                        + " client.security.sasl.password";
            case MECHANISM_NOT_OFFERED ->
                "the server does not offer PLAIN, the one mechanism of this client; add it to"
                        + " security.sasl.enabled.mechanisms there";
            case SASL_NOT_OFFERED ->
                "nobody logs in at this address; set client.security.protocol to PLAINTEXT, or use the address of a"
                        + " listener with SASL";
            case SASL_REQUIRED ->
                "clients must log in at this address; set client.security.protocol to SASL, and"
                        + " client.security.sasl.username and client.security.sasl.password";
            case OTHER -> "the server does not let this user in";
        };
    }
}
