package dev.millrace.support;

/**
 * How many random cases the property and fuzz tests run, and from which seed: few and always the same ones in the normal
 * build, millions of new ones with {@code -Pstress}. A failure names its seed, and {@code -Dmillrace.seed} repeats it;
 * where every case has a seed of its own, it then comes first.
 */
public final class Cases {
    /** Of each property, and of each format where there are several. */
    public static final int COUNT = Integer.getInteger("millrace.cases", 10_000);

    /** The first one; others follow upwards. */
    public static final long SEED = Long.getLong("millrace.seed", 20_261_123);

    private Cases() {}
}
