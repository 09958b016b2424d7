package dev.millrace.quickstart;

/** Something the person at the keyboard can put right; the message is the one line he is shown. */
final class QuickstartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    QuickstartException(String message) {
        super(message);
    }

    QuickstartException(String message, Throwable cause) {
        super(message, cause);
    }
}
