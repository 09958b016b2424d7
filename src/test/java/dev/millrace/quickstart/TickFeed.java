package dev.millrace.quickstart;

import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.types.DataTypes;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Ticks of a market that does not exist: 500 symbols whose prices walk at random. The same seed makes the same ticks.
 * Each source owns a share of the symbols, so that a symbol's ticks are in order.
 */
final class TickFeed implements Feed {
    static final int SYMBOLS = 500;
    static final int SOURCES = 4;
    static final Schema SCHEMA = Schema.builder()
            .column("seq", DataTypes.BIGINT())
            .column("symbol", DataTypes.STRING())
            .column("price", DataTypes.DOUBLE())
            .column("size", DataTypes.INT())
            .column("buy", DataTypes.BOOLEAN())
            .column("time", DataTypes.TIMESTAMP_LTZ(3))
            .build();

    private static final int LETTERS = 26;
    private static final double VOLATILITY = 0.0004;
    private static final int LOT = 100;

    private final long rows;
    private final long seed;
    private final long openingMillis;

    TickFeed(long rows, long seed, Instant opening) {
        this.rows = rows;
        this.seed = seed;
        this.openingMillis = opening.toEpochMilli();
    }

    @Override
    public TablePath defaultTable() {
        return TablePath.of("market", "ticks");
    }

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public List<Source> sources() {
        return IntStream.range(0, SOURCES).<Source>mapToObj(Ticks::new).toList();
    }

    @Override
    public String description() {
        return String.format(Locale.ROOT, "%,d ticks of %d symbols (seed %d)", rows, SYMBOLS, seed);
    }

    @Override
    public void close() {
        // nothing is held
    }

    /** Four letters a symbol, all different. */
    static String symbol(int index) {
        int rest = index;
        char[] letters = new char[4];
        for (int i = letters.length - 1; i >= 0; i--) {
            letters[i] = (char) ('A' + rest % LETTERS);
            rest /= LETTERS;
        }
        return new String(letters);
    }

    /** The ticks with the sequence numbers {@code source}, {@code source + SOURCES}, and so on. */
    private final class Ticks implements Source {
        private final SplittableRandom random;
        private final String[] symbols;
        private final double[] prices;
        private long seq;

        Ticks(int source) {
            random = new SplittableRandom(seed + source);
            symbols = IntStream.range(0, SYMBOLS / SOURCES)
                    .mapToObj(i -> symbol(i * SOURCES + source))
                    .toArray(String[]::new);
            prices = random.doubles(symbols.length, 5, 500).toArray();
            seq = source;
        }

        @Override
        public boolean next(GenericRow row) {
            if (seq >= rows) {
                return false;
            }
            int symbol = random.nextInt(symbols.length);
            // Two uniform steps are near enough to a normal one for a market, and cheaper.
            double step = random.nextDouble() + random.nextDouble() - 1;
            prices[symbol] = Math.max(0.01, prices[symbol] * (1 + VOLATILITY * step));
            row.setLong(0, seq);
            row.setString(1, symbols[symbol]);
            row.setDouble(2, Math.rint(prices[symbol] * 100) / 100);
            row.setInt(3, LOT * (1 + random.nextInt(20)));
            row.setBoolean(4, step > 0);
            row.setEpochMillis(5, openingMillis + seq / 100);
            seq += SOURCES;
            return true;
        }
    }
}
