package dev.millrace.bench;

/** Prints where the JDK lies that runs it: the build notes it for the programs that are started without Maven. */
public final class JavaHome {
    private JavaHome() {}

    /** Prints it. */
    public static void main(final String[] args) {
        System.out.println(System.getProperty("java.home"));
    }
}
