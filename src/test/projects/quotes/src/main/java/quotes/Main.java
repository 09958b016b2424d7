package quotes;

/** Takes the bootstrap servers and a database. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        try (Quotes quotes = new Quotes(args[0], args[1])) {
            quotes.put("ACME", 41.5);
            quotes.put("ACME", 42.25);
            System.out.println(
                    "ACME " + quotes.price("ACME").orElseThrow() + " after " + quotes.changes() + " changes");
        }
    }
}
