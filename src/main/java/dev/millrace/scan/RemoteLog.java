package dev.millrace.scan;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.rpc.ProtoReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The part of a bucket's log that lies in remote files, as its leader told it: segments that follow each other without a
 * gap. They may overlap, for another leader may have cut the log at other places. While a subscription has one of these,
 * its leader is not asked.
 *
 * <pre>
 *   PbRemoteLogFetchInfo: directory (1), partition name (2), segments (3)*, byte of the first one to start at (4)
 *     segment: id (1), start offset (2), end offset (3), length in bytes (4), greatest timestamp (5)
 * </pre>
 *
 * <p>Guarded by the lock of {@link LogFetcher}.
 */
final class RemoteLog {
    private static final int DIRECTORY = 1;
    private static final int SEGMENTS = 3;
    private static final int FIRST_POSITION = 4;
    private static final int SEGMENT_ID = 1;
    private static final int START_OFFSET = 2;
    private static final int END_OFFSET = 3;
    private static final int LENGTH = 4;
    // It becomes part of a path, and so must not lead elsewhere.
    private static final Pattern ID = Pattern.compile("[0-9A-Za-z-]{1,64}");

    /** Those whose data the polling thread does not have completely; the first is the one whose turn it is. */
    private final ArrayDeque<RemoteSegment> segments = new ArrayDeque<>();

    private final long fetchOffset;
    /** Records below this offset are not wanted. */
    final long wantedOffset;

    private long reachedOffset;
    /** On its way. */
    long requestedBytes;

    private RemoteLog(final List<RemoteSegment> segments, final long fetchOffset, final long wantedOffset) {
        this.segments.addAll(segments);
        this.fetchOffset = fetchOffset;
        this.wantedOffset = wantedOffset;
        this.reachedOffset = wantedOffset;
    }

    // ---- what the leader told ------------------------------------------------------------------------------------

    /**
     * Reads a PbRemoteLogFetchInfo.
     *
     * @param fetchOffset what the leader was asked for.
     * @throws CorruptDataException it is none, or its segments do not hold what was asked for.
     */
    static RemoteLog read(final DirectBuffer buffer, final int offset, final int length, final long fetchOffset) {
        final ProtoReader info = new ProtoReader().wrap(buffer, offset, length);
        final List<int[]> places = new ArrayList<>();
        String directory = "";
        int firstPosition = 0;
        for (int field = info.next(); field != ProtoReader.END; field = info.next()) {
            switch (field) {
                case DIRECTORY -> directory = info.string();
                case SEGMENTS -> places.add(new int[] {info.bytesOffset(), info.bytesLength()});
                case FIRST_POSITION -> firstPosition = info.int32();
                default -> {
                    // The directory of a partition's bucket is given as it is.
                }
            }
        }
        final List<RemoteSegment> segments = new ArrayList<>();
        for (final int[] place : places) {
            segments.add(readSegment(
                    info.wrap(buffer, place[0], place[1]), directory, segments.isEmpty() ? firstPosition : 0));
        }
        return new RemoteLog(segments, fetchOffset, check(directory, segments, fetchOffset));
    }

    private static RemoteSegment readSegment(final ProtoReader segment, final String directory, final int position) {
        String id = "";
        long start = -1;
        long end = -1;
        int length = 0;
        for (int field = segment.next(); field != ProtoReader.END; field = segment.next()) {
            switch (field) {
                case SEGMENT_ID -> id = segment.string();
                case START_OFFSET -> start = segment.int64();
                case END_OFFSET -> end = segment.int64();
                case LENGTH -> length = segment.int32();
                default -> {
                    // Timestamps, and fields of newer servers.
                }
            }
        }
        if (!ID.matcher(id).matches() || start < 0 || end <= start || position < 0 || length <= position) {
            throw new CorruptDataException("damaged answer: a remote segment '" + id + "' of the offsets " + start
                    + " to " + (end - 1) + " in " + length + " bytes, to be read from byte " + position);
        }
        return new RemoteSegment(directory, id, start, end, length, position);
    }

    /** Returns the offset to begin with. */
    private static long check(final String directory, final List<RemoteSegment> segments, final long fetchOffset) {
        if (directory.isEmpty() || segments.isEmpty()) {
            throw new CorruptDataException("damaged answer: remote segments without a directory, or a directory '"
                    + directory + "' without segments");
        }
        final long from = fetchOffset == LogScanner.EARLIEST_OFFSET ? segments.getFirst().startOffset : fetchOffset;
        long due = from;
        for (final Iterator<RemoteSegment> each = segments.iterator(); each.hasNext(); ) {
            final RemoteSegment segment = each.next();
            if (segment.startOffset > due) {
                throw new CorruptDataException("damaged answer: a remote segment of the offsets " + segment.startOffset
                        + " to " + (segment.endOffset - 1) + " where " + due + " is due");
            }
            if (segment.endOffset <= due) {
                each.remove();
            } else {
                due = segment.endOffset;
            }
        }
        if (due == from) {
            throw new CorruptDataException("damaged answer: all remote segments lie before offset " + from);
        }
        return from;
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    /**
     * The segment to read on in; null if all that may be read now is on its way. Later segments wait until the earlier ones
     * are on their way completely, so that memory always goes to what is due first.
     *
     * @param ahead how many segments after the one whose turn it is.
     */
    @Nullable RemoteSegment nextToRead(final int ahead) {
        int index = 0;
        for (final RemoteSegment segment : segments) {
            if (index > ahead) {
                return null;
            }
            if (!segment.isAskedFor()) {
                return segment.readingTo > 0 || segment.failure != null ? null : segment;
            }
            index++;
        }
        return null;
    }

    /** The segment whose turn it is; null if all were handed over. */
    @Nullable RemoteSegment current() {
        return segments.peek();
    }

    boolean contains(final RemoteSegment segment) {
        return segments.contains(segment);
    }

    /** The segment whose turn it is was handed over; it is the next one's. */
    void goOn() {
        reachedOffset = Math.max(reachedOffset, segments.remove().endOffset);
    }

    /** Where the log goes on after all that was handed over. */
    long reachedOffset() {
        final RemoteSegment segment = segments.peek();
        return segment == null ? reachedOffset : Math.max(reachedOffset, segment.nextOffset);
    }

    /** What the leader is to be asked for next. As long as nothing was read, what begins the log may become another. */
    long nextFetchOffset() {
        final long reached = reachedOffset();
        return reached == wantedOffset ? fetchOffset : reached;
    }

    /** Forgets a segment and those after it; returns what they had ready, which is the caller's to release. */
    List<FetchedLog> cutOff(final RemoteSegment from) {
        final List<FetchedLog> dropped = new ArrayList<>();
        while (segments.contains(from)) {
            dropped.addAll(segments.removeLast().ready);
        }
        return dropped;
    }

    /** Forgets all segments; returns what they had ready, which is the caller's to release. */
    List<FetchedLog> cutOff() {
        final RemoteSegment first = segments.peek();
        return first == null ? List.of() : cutOff(first);
    }
}
