package dev.millrace.testkit;

import java.nio.ByteBuffer;

/** Reads along the frames of one direction of one connection, wherever their bytes are torn apart. For one thread. */
final class FrameTap {
    /** Hears of each frame when its first bytes have passed. */
    @FunctionalInterface
    interface Listener {
        /**
         * @param length of what follows the length itself.
         * @param begin the first two bytes of that; in a request the key of the API.
         */
        void frame(int length, int begin);
    }

    private final Listener listener;
    private final ByteBuffer head = ByteBuffer.allocate(Integer.BYTES + Short.BYTES);
    private long left;

    FrameTap(Listener listener) {
        this.listener = listener;
    }

    void pass(byte[] bytes, int length) {
        int position = 0;
        while (position < length) {
            if (left > 0) {
                int step = (int) Math.min(left, length - position);
                position += step;
                left -= step;
            } else {
                head.put(bytes[position++]);
                if (!head.hasRemaining()) {
                    begin(head.flip());
                }
            }
        }
    }

    private void begin(ByteBuffer full) {
        int length = full.getInt();
        listener.frame(length, full.getShort());
        full.clear();
        left = length - (long) Short.BYTES;
    }
}
