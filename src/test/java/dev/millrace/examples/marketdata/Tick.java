package dev.millrace.examples.marketdata;

import dev.millrace.metadata.Schema;
import dev.millrace.row.InternalRow;
import dev.millrace.types.DataTypes;

/** A quote as a feed brings it, and a row of both tables: the writers read it in place. */
record Tick(String symbol, String venue, long timeMillis, double bid, double ask) implements InternalRow {
    private static final int SYMBOL = 0;
    private static final int VENUE = 1;
    private static final int TIME = 2;
    private static final int BID = 3;
    private static final int ASK = 4;
    private static final int MILLIS = 3;

    /** The columns, in the order of the constants above. */
    static Schema.Builder columns() {
        return Schema.builder()
                .column("symbol", DataTypes.STRING().copy(false))
                .column("venue", DataTypes.STRING())
                .column("time", DataTypes.TIMESTAMP_LTZ(MILLIS))
                .column("bid", DataTypes.DOUBLE())
                .column("ask", DataTypes.DOUBLE());
    }

    /** Copies a row, which is gone with the scan result that it belongs to. */
    static Tick of(InternalRow row) {
        return new Tick(
                row.getString(SYMBOL),
                row.getString(VENUE),
                row.getEpochMillis(TIME, MILLIS),
                row.getDouble(BID),
                row.getDouble(ASK));
    }

    Tick later(Tick other) {
        return other.timeMillis >= timeMillis ? other : this;
    }

    @Override
    public int fieldCount() {
        return ASK + 1;
    }

    @Override
    public String getString(int pos) {
        return pos == SYMBOL ? symbol : venue;
    }

    @Override
    public long getEpochMillis(int pos, int precision) {
        return timeMillis;
    }

    @Override
    public double getDouble(int pos) {
        return pos == BID ? bid : ask;
    }
}
