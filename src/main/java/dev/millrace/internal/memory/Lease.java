package dev.millrace.internal.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The right to read borrowed memory, shared by all views of it: given by the one who holds the memory, and ended by him
 * before he lets go. A view asks {@link #check} before each read, and keeps this object reachable until the read is done
 * ({@link java.lang.ref.Reference#reachabilityFence}), because the holder behind it may give the memory back when it is
 * collected.
 *
 * <p>Safe for any number of readers. The end is read plainly, which makes the check cost next to nothing: to end a lease
 * while another thread reads is an error that this class does not find.
 */
public final class Lease {
    private static final VarHandle ENDED;

    static {
        try {
            ENDED = MethodHandles.lookup().findVarHandle(Lease.class, "ended", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Never read: what is reachable from here is not collected.
    @SuppressWarnings({"unused", "FieldCanBeLocal"})
    private final @Nullable Object holder;

    private final String whatEnded;
    private boolean ended;

    /**
     * @param holder of the memory; null where there is none to hold.
     * @param whatEnded what to tell those who read too late.
     */
    public Lease(final @Nullable Object holder, final String whatEnded) {
        this.holder = holder;
        this.whatEnded = whatEnded;
    }

    /** Ends the lease; true for the one call that did. */
    public boolean end() {
        return ENDED.compareAndSet(this, false, true);
    }

    public boolean hasEnded() {
        return ended;
    }

    /** @throws IllegalStateException the lease has ended. */
    public void check() {
        if (ended) {
            throw new IllegalStateException(whatEnded);
        }
    }
}
