package dev.millrace.lookup;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.ProtoReader;
import dev.millrace.internal.rpc.ProtoWriter;
import dev.millrace.internal.rpc.ResponseHandler;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Some lookups of one kind in one table that go to a server together, bucket by bucket. Used again for other requests:
 * {@link #isOut} says who has it, the sender, or between sending and the answer the one who settles it.
 *
 * <pre>
 *   LookupRequest, PrefixLookupRequest      table id (1), bucket (2)*, insert (3), acks (4), timeout (5)
 *     bucket                                partition id (1), bucket id (2), key (3)*
 *   LookupResponse, PrefixLookupResponse    bucket (1)*
 *     bucket                                partition id (1), bucket id (2), error code (3), message (4), answer (5)*
 *       answer of a lookup                  value (1), absent if there is none
 *       answer of a prefix lookup           value (1)*
 * </pre>
 */
final class LookupRequest implements ResponseHandler {
    private static final int TABLE_ID = 1;
    private static final int BUCKETS = 2;
    private static final int INSERT_IF_NOT_EXISTS = 3;
    private static final int ACKS = 4;
    private static final int TIMEOUT_MS = 5;
    private static final int PARTITION_ID = 1;
    private static final int BUCKET_ID = 2;
    private static final int KEYS = 3;
    private static final int ANSWERED_BUCKETS = 1;
    private static final int ERROR_CODE = 3;
    private static final int ERROR_MESSAGE = 4;
    private static final int ANSWERS = 5;
    private static final int VALUE = 1;

    private final LookupSender sender;
    private final LookupGroups groups = new LookupGroups();
    // In the order of the groups. Whoever settles a call takes it out first, for it may be used again at once.
    private @Nullable LookupCall[] calls = new LookupCall[16];
    private @Nullable LookupTarget target;
    private @Nullable LookupAnswers answers;
    private String server = "";

    // Of the sender.
    private LookupKind kind = LookupKind.LOOKUP;
    private int requestId;
    private long deadlineNs;

    private volatile boolean isOut;

    LookupRequest(final LookupSender sender) {
        this.sender = sender;
    }

    // ---- the sender ----------------------------------------------------------------------------------------------

    /** Takes over calls, which are of the same target and wait to be sent. */
    void begin(final @Nullable LookupCall[] taken, final int count, final String to) {
        target = required(taken[0]).target();
        kind = target().kind();
        server = to;
        if (calls.length < count) {
            calls = new LookupCall[Math.max(count, 2 * calls.length)];
        }
        groups.group(taken, count, calls);
        answers = null;
        isOut = true;
    }

    boolean isOut() {
        return isOut;
    }

    /** For the sender: the target is no longer its own to look at while the request may be settled. */
    boolean isOut(final LookupKind wanted) {
        return isOut && kind == wanted;
    }

    /** The length of the message. */
    int length(final int acks, final int timeoutMs) {
        int length = ProtoWriter.sizeOfInt64(TABLE_ID, target().table().tableId());
        for (int group = 0; group < groups.count(); group++) {
            length += ProtoWriter.sizeOfBytes(BUCKETS, bucketLength(group));
        }
        return target().kind() == LookupKind.LOOKUP_OR_INSERT
                ? length
                        + ProtoWriter.sizeOfBool(INSERT_IF_NOT_EXISTS)
                        + ProtoWriter.sizeOfInt32(ACKS, acks)
                        + ProtoWriter.sizeOfInt32(TIMEOUT_MS, timeoutMs)
                : length;
    }

    private int bucketLength(final int group) {
        final long partitionId = groups.partitionId(group);
        int length = ProtoWriter.sizeOfInt32(BUCKET_ID, groups.bucket(group));
        if (partitionId != LookupCall.NO_PARTITION) {
            length += ProtoWriter.sizeOfInt64(PARTITION_ID, partitionId);
        }
        for (int i = groups.start(group); i < groups.end(group); i++) {
            length += ProtoWriter.sizeOfBytes(KEYS, call(i).keyLength());
        }
        return length;
    }

    /** Lays the message. */
    void write(final ProtoWriter writer, final int acks, final int timeoutMs) {
        writer.int64(TABLE_ID, target().table().tableId());
        for (int group = 0; group < groups.count(); group++) {
            writer.lengthHeader(BUCKETS, bucketLength(group));
            if (groups.partitionId(group) != LookupCall.NO_PARTITION) {
                writer.int64(PARTITION_ID, groups.partitionId(group));
            }
            writer.int32(BUCKET_ID, groups.bucket(group));
            for (int i = groups.start(group); i < groups.end(group); i++) {
                writer.bytes(KEYS, call(i).key().bytes(), 0, call(i).keyLength());
            }
        }
        if (target().kind() == LookupKind.LOOKUP_OR_INSERT) {
            writer.bool(INSERT_IF_NOT_EXISTS, true).int32(ACKS, acks).int32(TIMEOUT_MS, timeoutMs);
        }
    }

    /** From now on it may be answered. */
    void sendingOn(final LookupAnswers by, final long untilNs) {
        answers = by;
        deadlineNs = untilNs;
    }

    void sentAs(final int id) {
        requestId = id;
    }

    /** Gives up a request whose time is over. */
    void timeOut(final long nowNs) {
        final LookupAnswers by = answers;
        if (isOut && by != null && nowNs - deadlineNs >= 0 && by.connection.abandon(requestId)) {
            settle(new RpcException("no answer from " + server + " in time"));
        }
    }

    /** Gives up a request because the client is closed; the calls have ended. */
    void drop() {
        final LookupAnswers by = answers;
        if (isOut && by != null) {
            by.connection.abandon(requestId);
        }
    }

    // ---- the connection's reader, or whoever breaks the connection ------------------------------------------------

    @Override
    public @Nullable ByteBuffer bodyBuffer(final int length) {
        return required(answers).take(length);
    }

    @Override
    public void onResponse(final ByteBuffer body) {
        FlussException rest = null;
        try {
            read(body.remaining());
        } catch (final CorruptDataException e) {
            rest = new CorruptDataException("the answer of " + server + " is damaged: " + e.getMessage(), e);
        } finally {
            settle(rest);
        }
    }

    @Override
    public void onFailure(final FlussException cause) {
        if (cause instanceof BufferExhaustedException) {
            for (int i = 0; i < groups.callCount(); i++) {
                call(i).tooLong(groups.callCount() == 1);
            }
        }
        settle(cause);
    }

    /**
     * Fails the calls that have no outcome yet, and is free for another request.
     *
     * @param failure why; null if an answer came that should have had outcomes for all.
     */
    void settle(final @Nullable FlussException failure) {
        FlussException told = failure;
        for (int i = 0; i < groups.callCount(); i++) {
            if (calls[i] != null) {
                told = told == null
                        ? new CorruptDataException("the answer of " + server + " leaves out a bucket")
                        : told;
                fail(i, told);
            }
        }
        target = null;
        answers = null;
        isOut = false;
        sender.slotFree();
    }

    private void read(final int length) {
        final LookupAnswers by = required(answers);
        final ProtoReader message = by.message.wrap(by.view(), 0, length);
        int expected = 0;
        for (int field = message.next(); field != ProtoReader.END; field = message.next()) {
            if (field == ANSWERED_BUCKETS) {
                readBucket(by, message.bytesOffset(), message.bytesLength(), expected++);
            }
        }
    }

    private void readBucket(final LookupAnswers by, final int at, final int length, final int expected) {
        long partitionId = LookupCall.NO_PARTITION;
        int bucketId = -1;
        int errorCode = FlussError.NONE.code();
        String errorMessage = null;
        int answerCount = 0;
        final ProtoReader fields = by.bucket.wrap(by.view(), at, length);
        for (int field = fields.next(); field != ProtoReader.END; field = fields.next()) {
            switch (field) {
                case PARTITION_ID -> partitionId = fields.int64();
                case BUCKET_ID -> bucketId = fields.int32();
                case ERROR_CODE -> errorCode = fields.int32();
                case ERROR_MESSAGE -> errorMessage = fields.string();
                case ANSWERS -> answerCount++;
                default -> {
                    // A newer server's field.
                }
            }
        }
        final int group = groups.find(partitionId, bucketId, expected);
        if (group < 0) {
            throw new CorruptDataException(
                    "damaged message: an answer for bucket " + bucketId + ", which was not asked");
        }
        if (errorCode != FlussError.NONE.code()) {
            failGroup(group, errorCode, errorMessage);
        } else if (answerCount != groups.end(group) - groups.start(group)) {
            throw new CorruptDataException("damaged message: " + answerCount + " answers for "
                    + (groups.end(group) - groups.start(group)) + " keys");
        } else {
            readAnswers(by, at, length, groups.start(group));
        }
    }

    private void failGroup(final int group, final int code, final @Nullable String message) {
        final FlussError error = FlussError.forCode(code);
        final FlussApiException refusal =
                new FlussApiException(error, code, "by " + server + ": " + (message == null ? error.name() : message));
        for (int i = groups.start(group); i < groups.end(group); i++) {
            fail(i, refusal);
        }
    }

    private void readAnswers(final LookupAnswers by, final int at, final int length, final int first) {
        int index = first;
        final ProtoReader fields = by.bucket.wrap(by.view(), at, length);
        for (int field = fields.next(); field != ProtoReader.END; field = fields.next()) {
            if (field == ANSWERS) {
                answer(index++, by, fields.bytesOffset(), fields.bytesLength());
            }
        }
    }

    private void answer(final int index, final LookupAnswers by, final int at, final int length) {
        final LookupCall call = calls[index];
        calls[index] = null;
        if (call == null) {
            throw new CorruptDataException("damaged message: a bucket is answered twice");
        }
        if (call.claim()) {
            boolean isFilled = false;
            try {
                fill(call.result(), by, at, length);
                isFilled = true;
            } finally {
                if (isFilled) {
                    call.answered();
                } else {
                    call.failed(new CorruptDataException("the answer of " + server + " is damaged"));
                }
            }
        }
    }

    private void fill(final LookupResult result, final LookupAnswers by, final int at, final int length) {
        final DirectBuffer view = by.view();
        if (target().kind() == LookupKind.PREFIX) {
            result.fill(by.value, VALUE, view, at, at + length);
            return;
        }
        result.clear();
        final ProtoReader fields = by.value.wrap(view, at, length);
        for (int field = fields.next(); field != ProtoReader.END; field = fields.next()) {
            if (field == VALUE) {
                result.fill(view, fields.bytesOffset(), fields.bytesLength());
            }
        }
    }

    private void fail(final int index, final FlussException failure) {
        final LookupCall call = calls[index];
        calls[index] = null;
        if (call != null && call.claim()) {
            call.failed(failure);
        }
    }

    private LookupCall call(final int index) {
        return required(calls[index]);
    }

    private LookupTarget target() {
        return required(target);
    }

    private static <T> T required(final @Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("a request that was not begun");
        }
        return value;
    }

    @Override
    public String toString() {
        return groups.callCount() + " lookups at " + server;
    }
}
