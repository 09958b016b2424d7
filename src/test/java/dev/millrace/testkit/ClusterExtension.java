package dev.millrace.testkit;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** What {@link WithCluster} does: shared clusters live in the session's store, which closes them at its end. */
final class ClusterExtension implements BeforeAllCallback, AfterAllCallback, ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(ClusterExtension.class);
    private static final AtomicInteger DATABASES = new AtomicInteger();

    /** Two classes with equal keys get the same cluster. */
    private record Key(
            int tabletServers, FlussCluster.Mode mode, boolean shared, boolean proxied, List<String> options) {
        static Key of(WithCluster wanted) {
            return new Key(
                    wanted.tabletServers(),
                    wanted.mode(),
                    wanted.shared(),
                    wanted.proxied(),
                    List.of(wanted.options()));
        }

        boolean isShared() {
            return (shared || mode == FlussCluster.Mode.EMBEDDED) && !proxied;
        }

        FlussCluster start() {
            FlussCluster.Builder builder = FlussCluster.builder()
                    .tabletServers(tabletServers)
                    .mode(mode)
                    .proxied(proxied);
            for (String option : options) {
                String[] keyAndValue = option.split("=", 2);
                if (keyAndValue.length != 2) {
                    throw new IllegalArgumentException("not of the form key=value: " + option);
                }
                builder.option(keyAndValue[0], keyAndValue[1]);
            }
            return builder.start();
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        WithCluster wanted = wanted(context);
        Key key = Key.of(wanted);
        Store home = key.isShared() ? context.getStore(StoreScope.LAUNCHER_SESSION, NAMESPACE) : store(context);
        FlussCluster cluster = home.computeIfAbsent(key, Key::start, FlussCluster.class);
        if (key.shared()) {
            cluster.startWhatIsDown();
        }
        Database database = new Database(databaseName(context));
        cluster.createDatabase(database.name());
        store(context).put(FlussCluster.class, new Loan(cluster));
        store(context).put(Database.class, database);
    }

    /** Keeps a shared cluster in the class's store without handing its closing to that store. */
    private record Loan(FlussCluster cluster) {}

    private static String databaseName(ExtensionContext context) {
        String base = context.getRequiredTestClass().getSimpleName().replaceAll("[^A-Za-z0-9_]", "_");
        return base.toLowerCase(Locale.ROOT) + "_" + DATABASES.incrementAndGet();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        // A cluster of the class's own goes as a whole, and its servers may lie dead by now.
        Loan loan = store(context).get(FlussCluster.class, Loan.class);
        Database database = store(context).get(Database.class, Database.class);
        if (loan != null && database != null && Key.of(wanted(context)).isShared()) {
            loan.cluster().dropDatabase(database.name());
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == FlussCluster.class || type == Database.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        if (parameter.getParameter().getType() == Database.class) {
            return required(context, Database.class, Database.class);
        }
        return required(context, FlussCluster.class, Loan.class).cluster();
    }

    private static <T> T required(ExtensionContext context, Object key, Class<T> type) {
        T value = store(context).get(key, type);
        if (value == null) {
            throw new IllegalStateException("no cluster was started for " + context.getDisplayName());
        }
        return value;
    }

    private static Store store(ExtensionContext context) {
        return context.getStore(NAMESPACE);
    }

    private static WithCluster wanted(ExtensionContext context) {
        for (Class<?> type = context.getRequiredTestClass(); type != null; type = type.getEnclosingClass()) {
            WithCluster found = type.getAnnotation(WithCluster.class);
            if (found != null) {
                return found;
            }
        }
        throw new IllegalStateException("no @WithCluster on " + context.getRequiredTestClass());
    }
}
