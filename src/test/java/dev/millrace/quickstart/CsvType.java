package dev.millrace.quickstart;

import dev.millrace.row.GenericRow;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What the text of a CSV column can be, most special first. A type accepts a text only if nothing of it is lost:
 * {@code 007} is no number, and a timestamp with microseconds is none in milliseconds.
 */
enum CsvType {
    BOOLEAN(DataTypes.BOOLEAN()) {
        @Override
        void set(GenericRow row, int pos, String text) {
            switch (text.toLowerCase(Locale.ROOT)) {
                case "true" -> row.setBoolean(pos, true);
                case "false" -> row.setBoolean(pos, false);
                default -> throw unfit(text);
            }
        }
    },
    BIGINT(DataTypes.BIGINT()) {
        @Override
        void set(GenericRow row, int pos, String text) {
            if (!INTEGER.matcher(text).matches()) {
                throw unfit(text);
            }
            row.setLong(pos, Long.parseLong(text));
        }
    },
    DOUBLE(DataTypes.DOUBLE()) {
        @Override
        void set(GenericRow row, int pos, String text) {
            if (!DECIMAL.matcher(text).matches() || isTooLongAnInteger(text)) {
                throw unfit(text);
            }
            row.setDouble(pos, Double.parseDouble(text));
        }

        private boolean isTooLongAnInteger(String text) {
            return INTEGER.matcher(text).matches() && text.length() > EXACT_DIGITS;
        }
    },
    DATE(DataTypes.DATE()) {
        @Override
        void set(GenericRow row, int pos, String text) {
            row.setEpochDay(pos, (int) LocalDate.parse(text).toEpochDay());
        }
    },
    TIMESTAMP_MILLIS(DataTypes.TIMESTAMP_LTZ(3)) {
        @Override
        void set(GenericRow row, int pos, String text) {
            setTimestamp(row, pos, text, 1_000_000);
        }
    },
    TIMESTAMP_MICROS(DataTypes.TIMESTAMP_LTZ(6)) {
        @Override
        void set(GenericRow row, int pos, String text) {
            setTimestamp(row, pos, text, 1_000);
        }
    },
    TIMESTAMP_NANOS(DataTypes.TIMESTAMP_LTZ(9)) {
        @Override
        void set(GenericRow row, int pos, String text) {
            setTimestamp(row, pos, text, 1);
        }
    },
    STRING(DataTypes.STRING()) {
        @Override
        void set(GenericRow row, int pos, String text) {
            row.setString(pos, text);
        }
    };

    private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]*)");
    private static final Pattern DECIMAL =
            Pattern.compile("-?(0|[1-9][0-9]*)?(\\.[0-9]+)?([eE][+-]?[0-9]+)?(?<=[0-9])");
    /** So many digits of an integer a DOUBLE always holds. */
    private static final int EXACT_DIGITS = 15;

    /** ISO dates and times, with a space for the T if one likes; without an offset they are UTC. */
    private static final DateTimeFormatter TIMESTAMP = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendPattern("['T'][' ']")
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffsetId()
            .toFormatter(Locale.ROOT);

    private final DataType dataType;

    CsvType(DataType dataType) {
        this.dataType = dataType;
    }

    DataType dataType() {
        return dataType;
    }

    /** Puts the value that {@code text} stands for into the row; an IllegalArgument- or DateTimeException if none. */
    abstract void set(GenericRow row, int pos, String text);

    boolean accepts(String text) {
        try {
            set(new GenericRow(1), 0, text);
            return true;
        } catch (IllegalArgumentException | DateTimeParseException e) {
            return false; // asked about a sample of lines only, so an exception is a fair answer
        }
    }

    IllegalArgumentException unfit(String text) {
        return new IllegalArgumentException("'" + text + "' is not a " + dataType.asSummaryString());
    }

    void setTimestamp(GenericRow row, int pos, String text, int resolutionNanos) {
        TemporalAccessor parsed = TIMESTAMP.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
        Instant instant = parsed instanceof OffsetDateTime withOffset
                ? withOffset.toInstant()
                : ((LocalDateTime) parsed).toInstant(ZoneOffset.UTC);
        if (instant.getNano() % resolutionNanos != 0) {
            throw unfit(text);
        }
        row.setTimestamp(pos, instant.toEpochMilli(), instant.getNano() % 1_000_000);
    }
}
