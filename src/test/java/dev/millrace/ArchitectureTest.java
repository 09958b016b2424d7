package dev.millrace;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.targetOwner;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.NetworkChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;

/** Holds the directions between packages and the few rules whose breach is a bug. */
class ArchitectureTest {
    private static final String ROOT = "dev.millrace";
    private static final String INTERNAL = "dev.millrace.internal..";

    private static final Set<String> VALUES = Set.of("metadata", "types", "row", "error");
    private static final Set<String> MACHINERY = Set.of(
            "internal.codec", "internal.rpc", "internal.cluster", "internal.remote", "internal.metrics", "metrics");

    /**
     * What each package may use beside itself and the JDK's and other people's classes; "" is the root package, of which
     * all but {@link #ROOT_IS_FOR_ALL} is out of reach. A package that is not listed here fails the test, on purpose: a
     * new one has a place in the map first.
     */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("metrics", Set.of()),
            Map.entry("internal.metrics", Set.of("metrics")),
            Map.entry("internal.memory", Set.of("internal.metrics")),
            Map.entry("error", with(VALUES)),
            Map.entry("types", with(VALUES)),
            Map.entry("row", with(VALUES, "internal.memory")),
            Map.entry("metadata", with(VALUES)),
            Map.entry("internal.codec", with(VALUES, "internal.memory")),
            Map.entry("internal.rpc", with(VALUES, "internal.memory", "internal.metrics", "metrics", "")),
            Map.entry("internal.cluster", with(VALUES, "internal.memory", "internal.rpc", "")),
            Map.entry("internal.remote", with(VALUES, "internal.cluster", "internal.rpc")),
            Map.entry("admin", with(VALUES, with(MACHINERY, "internal.memory", ""))),
            Map.entry("write", with(VALUES, with(MACHINERY, "internal.memory", ""))),
            Map.entry("scan", with(VALUES, with(MACHINERY, "internal.memory", ""))),
            Map.entry("lookup", with(VALUES, with(MACHINERY, "internal.memory", ""))),
            Map.entry("table", with(VALUES, with(MACHINERY, "internal.memory", "write", "scan", "lookup", ""))),
            Map.entry(
                    "", with(VALUES, with(MACHINERY, "internal.memory", "admin", "table", "write", "scan", "lookup"))));

    /** Class names of the root package that packages below may know: configuration, which is values too. */
    private static final Pattern ROOT_IS_FOR_ALL =
            Pattern.compile("(Config|NoKeyAssigner|OffsetReset|SecurityProtocol)(\\$.*)?");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    private static Set<String> with(Set<String> some, String... more) {
        return with(some, Set.of(more));
    }

    private static Set<String> with(Set<String> some, Set<String> more) {
        Set<String> all = new TreeSet<>(some);
        all.addAll(more);
        return Set.copyOf(all);
    }

    @Test
    void shouldReadEveryOption() {
        // Only one mechanism is spoken, so its name is checked and then not needed.
        Set<String> notRead = Set.of("securitySaslMechanism");
        Set<String> unread = new TreeSet<>();
        for (JavaMethod accessor : CLASSES.get(Config.class).getMethods()) {
            boolean isRead = accessor.getAccessesToSelf().stream()
                    .anyMatch(read -> !withoutPackage(read.getOriginOwner()).startsWith("Config"));
            if (ConfigOption.ALL.stream().anyMatch(option -> option.name().equals(accessor.getName())) && !isRead) {
                unread.add(accessor.getName());
            }
        }
        assertThat(unread).isEqualTo(notRead);
    }

    @Test
    void shouldDependDownwardOnly() {
        classes()
                .that()
                .resideInAPackage(ROOT + "..")
                .should(new ArchCondition<>("use only the packages that the map allows") {
                    @Override
                    public void check(JavaClass user, ConditionEvents events) {
                        user.getDirectDependenciesFromSelf().stream()
                                .filter(dependency -> !isAllowed(dependency))
                                .forEach(dependency ->
                                        events.add(SimpleConditionEvent.violated(user, dependency.getDescription())));
                    }
                })
                .check(CLASSES);
    }

    private static boolean isAllowed(Dependency dependency) {
        JavaClass used = dependency.getTargetClass().getBaseComponentType();
        if (!used.getPackageName().equals(ROOT) && !used.getPackageName().startsWith(ROOT + ".")) {
            return true;
        }
        String from = room(dependency.getOriginClass());
        String to = room(used);
        return from.equals(to)
                || MAY_USE.get(from).contains(to)
                        && (!to.isEmpty()
                                || ROOT_IS_FOR_ALL.matcher(withoutPackage(used)).matches());
    }

    private static String withoutPackage(JavaClass type) {
        return type.getName().substring(type.getPackageName().length() + 1);
    }

    /** The listed package that a class lies in; generated messages lie below the one that uses them. */
    private static String room(JavaClass type) {
        String path =
                type.getPackageName().equals(ROOT) ? "" : type.getPackageName().substring(ROOT.length() + 1);
        return MAY_USE.keySet().stream()
                .filter(room -> path.equals(room) || !room.isEmpty() && path.startsWith(room + "."))
                .max(Comparator.comparingInt(String::length))
                .orElseThrow(() -> new AssertionError(type.getPackageName() + " has no place in the map of packages"));
    }

    @Test
    void shouldKeepThreadsAndSocketsOutOfCodecsAndValues() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.millrace.internal.codec..",
                        "dev.millrace.types..",
                        "dev.millrace.row..",
                        "dev.millrace.error..",
                        "dev.millrace.metadata..")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("java.net..", "java.nio.channels..", "java.util.concurrent.locks..")
                                .or(assignableTo(Thread.class)))
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void shouldTouchChannelsInOnePackageOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.millrace.internal.rpc..")
                .should()
                .dependOnClassesThat(assignableTo(NetworkChannel.class))
                .check(CLASSES);
    }

    @Test
    void shouldMakeOffHeapMemoryInOnePackageOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.millrace.internal.memory..")
                .should()
                .callConstructorWhere(
                        targetOwner(assignableTo(DirectBuffer.class).and(resideInAPackage("org.agrona.."))))
                .orShould()
                .callMethod(ByteBuffer.class, "allocateDirect", int.class)
                .check(CLASSES);
    }

    @Test
    void shouldNotSynchronizeMethods() {
        noMethods()
                .that()
                .areDeclaredInClassesThat(not(resideInAPackage("dev.millrace.internal.rpc.proto..")))
                .should()
                .haveModifier(JavaModifier.SYNCHRONIZED)
                .check(CLASSES);
    }

    /** Blocks do not show in what ArchUnit reads, so this reads the source. */
    @Test
    void shouldNotSynchronizeBlocks() {
        Pattern block = Pattern.compile("^(?!\\s*(//|/?\\*)).*\\bsynchronized\\s*\\(");
        List<String> found = mainSources()
                .flatMap(file -> lines(file).filter(block.asPredicate()).map(line -> file + ": " + line.strip()))
                .toList();
        assertThat(found).isEmpty();
    }

    private static Stream<Path> mainSources() {
        try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void shouldKeepNothingInThreadLocals() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ThreadLocal.class)
                .check(CLASSES);
    }

    /**
     * Constructors are not held to this: one that takes internals can be called by the library only, and has to be
     * public where the front door lies in another package.
     */
    @Test
    void shouldNotShowInternalsInPublicMethods() {
        methods()
                .that()
                .areDeclaredInClassesThat(not(resideInAPackage(INTERNAL)))
                .and()
                .areDeclaredInClassesThat()
                .arePublic()
                .should(new ArchCondition<>("have no internal type in their signature if users can call them") {
                    @Override
                    public void check(JavaMethod method, ConditionEvents events) {
                        if (isForUsers(method)) {
                            Stream.concat(method.getRawParameterTypes().stream(), Stream.of(method.getRawReturnType()))
                                    .filter(type -> resideInAPackage(INTERNAL).test(type.getBaseComponentType()))
                                    .forEach(type -> events.add(SimpleConditionEvent.violated(
                                            method, method.getDescription() + " shows " + type.getName())));
                        }
                    }
                })
                .check(CLASSES);
    }

    private static boolean isForUsers(JavaMember member) {
        return (member.getModifiers().contains(JavaModifier.PUBLIC)
                        || member.getModifiers().contains(JavaModifier.PROTECTED))
                && !member.getModifiers().contains(JavaModifier.SYNTHETIC);
    }

    @Test
    void shouldSayWhatEachPackageIsFor() {
        List<Path> without = mainSources()
                .map(Path::getParent)
                .distinct()
                .filter(directory -> Files.notExists(directory.resolve("package-info.java")))
                .toList();
        assertThat(without).isEmpty();
    }
}
