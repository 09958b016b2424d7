package dev.millrace.internal.rpc;

import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What a flyweight wraps before it wraps anything: a buffer without a byte, so that early use is out of bounds. */
final class EmptyBuffer {
    static final MutableDirectBuffer INSTANCE = new UnsafeBuffer(0, 0);

    private EmptyBuffer() {}
}
