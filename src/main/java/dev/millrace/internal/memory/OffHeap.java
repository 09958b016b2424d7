package dev.millrace.internal.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.LoggerFactory;

/**
 * Makes Agrona buffers, and sees to it that they work before the first one is made.
 *
 * <p>Agrona reaches memory through {@code jdk.internal.misc}, a package that the JDK exports to nobody. A program
 * that just imports a library should not need a JVM flag for that, so this class exports the package to unnamed
 * modules itself, once, before Agrona's own classes are linked. It does nothing where the documented flag
 * {@value #FLAG} is given, and {@code -Ddev.millrace.export=false} forbids it. All Agrona buffers of the library come
 * from here: an Agrona class linked earlier would stay broken for the life of the JVM.
 *
 * <p>Safe for any number of threads.
 */
public final class OffHeap {
    /** Set to {@code false} to forbid the library to export {@code jdk.internal.misc}. */
    public static final String EXPORT_PROPERTY = "dev.millrace.export";

    /** The JVM flag that makes the export unnecessary. */
    public static final String FLAG = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED";

    private static final String PACKAGE = "jdk.internal.misc";

    static {
        final Module base = Object.class.getModule();
        if (!base.isExported(PACKAGE, DirectBuffer.class.getModule())) {
            exportToUnnamed(base);
        }
    }

    private OffHeap() {}

    /**
     * Makes sure that Agrona works; the first buffer would do it as well, later.
     *
     * @throws IllegalStateException if it cannot: the message names the JVM flag to add.
     */
    public static void ensureAvailable() {
        // The work is done by the static initializer.
    }

    /** A flyweight that covers nothing yet; the caller wraps it around memory he owns. */
    public static UnsafeBuffer flyweight() {
        return new UnsafeBuffer(0, 0);
    }

    /** A flyweight over {@code length} bytes of {@code memory} from {@code offset}; borrows, does not own. */
    public static UnsafeBuffer wrap(final ByteBuffer memory, final int offset, final int length) {
        return new UnsafeBuffer(memory, offset, length);
    }

    /** A flyweight over an array; borrows it. */
    public static UnsafeBuffer wrap(final byte[] array) {
        return new UnsafeBuffer(array);
    }

    /**
     * Direct memory for the few fixed buffers that live as long as a connection; all other memory comes from a pool.
     */
    public static ByteBuffer allocate(final int length) {
        return ByteBuffer.allocateDirect(length);
    }

    /** Gives back direct memory; the last user of it must be done, for a later access ends the JVM. */
    public static void free(final ByteBuffer memory) {
        BufferUtil.free(memory);
    }

    private static void exportToUnnamed(final Module base) {
        if ("false".equals(System.getProperty(EXPORT_PROPERTY))) {
            throw new IllegalStateException("Millrace needs the JVM flag " + FLAG + " (-D" + EXPORT_PROPERTY
                    + "=false forbids it to export the package itself)");
        }
        try {
            // Reflection throughout: naming sun.misc.Unsafe in source is a warning that nothing can silence.
            final Class<?> unsafeClass = Class.forName("sun.misc.Unsafe");
            final Field theUnsafe = unsafeClass.getDeclaredField("theUnsafe");
            theUnsafe.setAccessible(true);
            final Object unsafe = theUnsafe.get(null);
            final Field implLookup = MethodHandles.Lookup.class.getDeclaredField("IMPL_LOOKUP");
            final Object fieldBase =
                    unsafeClass.getMethod("staticFieldBase", Field.class).invoke(unsafe, implLookup);
            final Object fieldOffset =
                    unsafeClass.getMethod("staticFieldOffset", Field.class).invoke(unsafe, implLookup);
            final MethodHandles.Lookup trusted = (MethodHandles.Lookup)
                    unsafeClass.getMethod("getObject", Object.class, long.class).invoke(unsafe, fieldBase, fieldOffset);
            trusted.findVirtual(
                            Module.class, "implAddExportsToAllUnnamed", MethodType.methodType(void.class, String.class))
                    .invoke(base, PACKAGE);
        } catch (Throwable cause) {
            throw new IllegalStateException(
                    "Millrace needs the JVM flag " + FLAG + " on this JVM (" + cause + ")", cause);
        }
        LoggerFactory.getLogger(OffHeap.class)
                .debug("Exported java.base/{} to unnamed modules; {} makes this unnecessary", PACKAGE, FLAG);
    }
}
