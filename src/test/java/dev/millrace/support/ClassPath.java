package dev.millrace.support;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;

/** The class path of a program that lacks something. */
public final class ClassPath {
    private ClassPath() {}

    /** Loads all that tests have, but nothing from a jar whose path contains this. */
    public static URLClassLoader without(String part) {
        String tests = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        URL[] rest = Arrays.stream(tests.split(File.pathSeparator))
                .filter(entry -> !entry.contains(part))
                .map(ClassPath::url)
                .toArray(URL[]::new);
        return new URLClassLoader(rest, ClassLoader.getPlatformClassLoader());
    }

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }
}
