package dev.millrace.lookup;

import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One attempt with many calls: those for a server are handed over in one go, so that they travel together. */
final class LookupRound {
    private final LookupRouter router;
    private final LookupCalls calls;
    private final List<Chain> chains = new ArrayList<>();
    private final List<LookupCall> sent = new ArrayList<>();
    private final List<LookupCall> failed = new ArrayList<>();
    private @Nullable FlussException failure;
    private @Nullable LookupCall culprit;

    /** The calls for one server, linked from the last one to the first. */
    private static final class Chain {
        private final LookupSender sender;
        private final LookupCall first;
        private LookupCall last;

        Chain(final LookupSender sender, final LookupCall first) {
            this.sender = sender;
            this.first = first;
            this.last = first;
        }
    }

    LookupRound(final LookupRouter router, final LookupCalls calls) {
        this.router = router;
        this.calls = calls;
    }

    /** Finds out where a call goes. */
    void add(final LookupCall call) {
        final LookupSender sender;
        try {
            sender = router.route(call);
        } catch (final FlussInterruptedException e) {
            throw e;
        } catch (final FlussException e) {
            note(call, e);
            return;
        }
        if (sender != null) {
            calls.watch(call);
            sent.add(call);
            link(sender, call);
        }
    }

    private void link(final LookupSender sender, final LookupCall call) {
        for (final Chain chain : chains) {
            if (chain.sender == sender) {
                call.next = chain.last;
                chain.last = call;
                return;
            }
        }
        chains.add(new Chain(sender, call));
    }

    void submit() {
        chains.forEach(chain -> chain.sender.submit(chain.last, chain.first));
    }

    List<LookupCall> sent() {
        return sent;
    }

    /** Notes the outcome of a call; null is success. */
    void note(final LookupCall call, final @Nullable FlussException outcome) {
        if (outcome != null) {
            failed.add(call);
            // One that will not pass is what the caller wants to hear of.
            if (failure == null || failure.isRetriable()) {
                failure = outcome;
                culprit = call;
            }
        }
    }

    List<LookupCall> failed() {
        return failed;
    }

    @Nullable FlussException failure() {
        return failure;
    }

    /** The call that has {@link #failure}. */
    LookupCall culprit() {
        if (culprit == null) {
            throw new IllegalStateException("no call has failed");
        }
        return culprit;
    }
}
