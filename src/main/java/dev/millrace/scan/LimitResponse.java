package dev.millrace.scan;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.rpc.ProtoReader;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A LimitScanResponse, read in place.
 *
 * <pre>
 *   error code (1), error message (2), is log table (3), records (4)
 * </pre>
 */
final class LimitResponse {
    private static final int ERROR_CODE = 1;
    private static final int ERROR_MESSAGE = 2;
    private static final int IS_LOG_TABLE = 3;
    private static final int RECORDS = 4;

    private int errorCode;
    private @Nullable String errorMessage;
    private @Nullable Boolean isLogTable;
    private int recordsOffset;
    private int recordsLength = -1;

    /** @throws CorruptDataException the bytes are no such response, or the error is missing as well as the records. */
    LimitResponse(final DirectBuffer buffer, final int length) {
        final ProtoReader fields = new ProtoReader().wrap(buffer, 0, length);
        for (int field = fields.next(); field != ProtoReader.END; field = fields.next()) {
            switch (field) {
                case ERROR_CODE -> errorCode = fields.int32();
                case ERROR_MESSAGE -> errorMessage = fields.string();
                case IS_LOG_TABLE -> isLogTable = fields.bool();
                case RECORDS -> {
                    recordsOffset = fields.bytesOffset();
                    recordsLength = fields.bytesLength();
                }
                default -> {
                    // A newer server's field.
                }
            }
        }
        if (errorCode == 0 && recordsLength < 0) {
            throw new CorruptDataException("damaged message: neither records nor an error");
        }
    }

    /** The server's error; 0 for none. */
    int errorCode() {
        return errorCode;
    }

    @Nullable String errorMessage() {
        return errorMessage;
    }

    /** Whether the records are log batches, and not values of a primary-key table; {@code assumed} if it does not say. */
    boolean isLogTable(final boolean assumed) {
        return isLogTable == null ? assumed : isLogTable;
    }

    int recordsOffset() {
        return recordsOffset;
    }

    int recordsLength() {
        return recordsLength;
    }
}
