package dev.millrace;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the values of options from text. Every failure says what is allowed, and leaves it to the caller to say where. */
final class OptionText {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d+)\\s*(\\p{L}*)");

    private static final Map<String, Long> BYTES_BY_UNIT = bytesByUnit();
    private static final Map<String, ChronoUnit> TIME_UNITS = timeUnits();

    private static final String SIZE_FORM =
            "must be a whole number of bytes, or have one of the units b, kb, mb, gb, tb, as in 2mb";
    private static final String DURATION_FORM =
            "must be a whole number with one of the units ns, us, ms, s, min, h, d, as in 100ms";

    private OptionText() {}

    private static Map<String, Long> bytesByUnit() {
        final Map<String, Long> units = new HashMap<>();
        final String[][] names = {
            {"", "b", "byte", "bytes"},
            {"k", "kb", "kib", "kibibytes"},
            {"m", "mb", "mib", "mebibytes"},
            {"g", "gb", "gib", "gibibytes"},
            {"t", "tb", "tib", "tebibytes"}
        };
        for (int power = 0; power < names.length; power++) {
            for (final String name : names[power]) {
                units.put(name, 1L << 10 * power);
            }
        }
        return units;
    }

    private static Map<String, ChronoUnit> timeUnits() {
        final Map<String, ChronoUnit> units = new HashMap<>();
        put(units, ChronoUnit.DAYS, "d", "day", "days");
        put(units, ChronoUnit.HOURS, "h", "hour", "hours");
        put(units, ChronoUnit.MINUTES, "min", "m", "minute", "minutes");
        put(units, ChronoUnit.SECONDS, "s", "sec", "secs", "second", "seconds");
        put(units, ChronoUnit.MILLIS, "ms", "milli", "millis", "millisecond", "milliseconds");
        // The sign for micro is in Unicode twice; lower-casing leaves both as they are.
        put(units, ChronoUnit.MICROS, "us", "\u00b5s", "\u03bcs", "micro", "micros", "microsecond", "microseconds");
        put(units, ChronoUnit.NANOS, "ns", "nano", "nanos", "nanosecond", "nanoseconds");
        return units;
    }

    private static void put(final Map<String, ChronoUnit> units, final ChronoUnit unit, final String... names) {
        for (final String name : names) {
            units.put(name, unit);
        }
    }

    static long longSize(final String text) {
        final Matcher matcher = NUMBER_AND_UNIT.matcher(text.trim());
        if (matcher.matches()) {
            final Long unit = BYTES_BY_UNIT.get(matcher.group(2).toLowerCase(Locale.ROOT));
            if (unit != null) {
                try {
                    return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
                } catch (final NumberFormatException | ArithmeticException e) {
                    throw new IllegalArgumentException("is more bytes than a 64-bit number holds", e);
                }
            }
        }
        throw new IllegalArgumentException(SIZE_FORM);
    }

    static int size(final String text) {
        final long size = longSize(text);
        if (size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("must be below 2 gb");
        }
        return (int) size;
    }

    static Duration duration(final String text) {
        final Matcher matcher = NUMBER_AND_UNIT.matcher(text.trim());
        if (matcher.matches()) {
            final ChronoUnit unit = TIME_UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT));
            if (unit != null) {
                try {
                    return Duration.of(Long.parseLong(matcher.group(1)), unit);
                } catch (final NumberFormatException | ArithmeticException e) {
                    throw new IllegalArgumentException("is longer than can be counted", e);
                }
            }
        }
        throw new IllegalArgumentException(DURATION_FORM);
    }

    static int integer(final String text) {
        try {
            return Integer.parseInt(text.trim());
        } catch (final NumberFormatException e) {
            throw new IllegalArgumentException("must be a whole number of at most " + Integer.MAX_VALUE, e);
        }
    }

    static boolean bool(final String text) {
        return switch (text.trim().toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("must be true or false");
        };
    }

    static <E extends Enum<E>> E constant(final Class<E> type, final String text) {
        try {
            return Enum.valueOf(type, text.trim().toUpperCase(Locale.ROOT));
        } catch (final IllegalArgumentException e) {
            throw new IllegalArgumentException("must be one of " + Arrays.toString(type.getEnumConstants()), e);
        }
    }
}
