package dev.millrace;

/** How many letters must be added, removed or replaced to make one text of another. */
final class EditDistance {
    private EditDistance() {}

    static int between(final String from, final String to) {
        int[] previous = new int[to.length() + 1];
        for (int j = 0; j < previous.length; j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            final int[] current = new int[previous.length];
            current[0] = i;
            for (int j = 1; j < current.length; j++) {
                final int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
