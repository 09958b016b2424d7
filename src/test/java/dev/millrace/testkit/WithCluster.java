package dev.millrace.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a test class a real cluster and a database of its own in it. Constructors, lifecycle methods and tests may take
 * the {@link FlussCluster} and the {@link Database} as parameters. Embedded clusters that are alike are shared by all
 * classes of a run; a cluster of processes belongs to its class, since its tests will harm it, unless it says otherwise.
 *
 * <pre>{@code
 * @WithCluster
 * class AppendTest {
 *     @Test
 *     void shouldAppend(FlussCluster cluster, Database database) { ... }
 * }
 * }</pre>
 *
 * <p>Needs {@code fluss-server} and {@code curator-test} on the class path of the tests.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ClusterExtension.class)
public @interface WithCluster {
    /** How many tablet servers there are; tables have as many replicas, up to three. */
    int tabletServers() default 1;

    /** Whether the servers run in this JVM or in processes of their own. */
    FlussCluster.Mode mode() default FlussCluster.Mode.EMBEDDED;

    /**
     * Shares a cluster of processes with the other classes that want one alike and shared. Each finds all servers running,
     * somewhere.
     */
    boolean shared() default false;

    /** Puts a {@link FaultProxy} before each server; such a cluster belongs to its class too. */
    boolean proxied() default false;

    /** Server options as {@code key=value}, over those the cluster sets by itself. */
    String[] options() default {};
}
