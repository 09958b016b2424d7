package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The artifacts as others get them: a program outside this module that depends on them is built by Maven, tested against a
 * real cluster with the test kit, and run. It has a local repository of its own, into which the artifacts of this build are
 * laid as {@code mvn install} lays them. Everything else comes from the real one, where this build has put it, so nothing
 * is downloaded and nothing is installed.
 */
@Timeout(300)
class ArtifactIT {
    private static final Path PROJECT = Path.of("src/test/projects/quotes");
    private static final Path LOCAL_REPOSITORY = Path.of(required("maven.local.repository"));
    private static final Path BUILD = Path.of(required("build.directory"));
    private static final String VERSION = required("build.version");
    private static final String ARTIFACT = "dev.millrace:millrace";
    private static final long MOST_BYTES_OF_THE_JAR = 2_500_000;
    private static final long MOST_BYTES_BROUGHT = 15_000_000;
    private static final Pattern PLUGIN_VERSION =
            Pattern.compile("<artifactId>maven-[a-z]+-plugin</artifactId>\\s*<version>[^<]+</version>");
    private static final Pattern PROPERTY = Pattern.compile("<([a-z]+\\.version)>[^<]+</\\1>");

    @TempDir
    private static Path directory;

    private static Path project;
    /** What the program runs with beside its own classes, by group and artifact. */
    private static Map<String, Path> classPath;

    @BeforeAll
    static void build() throws Exception {
        project = copyProject();
        Path repository = localRepository();
        Path log = directory.resolve("maven.log");
        Process maven = maven(repository)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(maven.waitFor(240, TimeUnit.SECONDS))
                    .as("still building")
                    .isTrue();
        } finally {
            maven.destroyForcibly();
        }
        assertThat(maven.exitValue()).as(Files.readString(log)).isZero();
        classPath = classPath(repository);
    }

    /** Before the directory is deleted, which would warn of each of them. */
    @AfterAll
    static void unlink() throws IOException {
        try (Stream<Path> entries = Files.walk(directory.resolve("repository"), 2)) {
            for (Path link : entries.filter(Files::isSymbolicLink).toList()) {
                Files.delete(link);
            }
        }
    }

    private static Path copyProject() throws IOException {
        Path target = directory.resolve("quotes");
        try (Stream<Path> files = Files.walk(PROJECT)) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(PROJECT.relativize(file)));
            }
        }
        return target;
    }

    /** All that the real one has by links, except on the way to this library. */
    private static Path localRepository() throws IOException {
        Path repository = Files.createDirectory(directory.resolve("repository"));
        linkAll(LOCAL_REPOSITORY, repository, "dev");
        Path ours = Files.createDirectory(repository.resolve("dev"));
        if (Files.isDirectory(LOCAL_REPOSITORY.resolve("dev"))) {
            linkAll(LOCAL_REPOSITORY.resolve("dev"), ours, "millrace");
        }
        Path artifacts =
                Files.createDirectories(ours.resolve("millrace/millrace").resolve(VERSION));
        Files.copy(Path.of("pom.xml"), artifacts.resolve("millrace-" + VERSION + ".pom"));
        Files.copy(jar(""), artifacts.resolve("millrace-" + VERSION + ".jar"));
        Files.copy(jar("-tests"), artifacts.resolve("millrace-" + VERSION + "-tests.jar"));
        return repository;
    }

    private static void linkAll(Path from, Path to, String except) throws IOException {
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.filter(Files::isDirectory).toList()) {
                String name = entry.getFileName().toString();
                if (!name.equals(except)) {
                    Files.createSymbolicLink(to.resolve(name), entry.toRealPath());
                }
            }
        }
    }

    private static ProcessBuilder maven(Path repository) {
        String command = File.separatorChar == '/' ? "mvn" : "mvn.cmd";
        ProcessBuilder maven = new ProcessBuilder(
                Path.of(required("maven.home"), "bin", command).toString(),
                "-B",
                "-o",
                "-Dmaven.repo.local=" + repository,
                // Which mirror something once came from is of no interest here.
                "-Daether.enhancedLocalRepository.trackingFilename=untracked",
                "test");
        maven.directory(project.toFile());
        maven.environment().put("JAVA_HOME", System.getProperty("java.home"));
        // For Maven, the tests and the program alike, none of which lives for long; what they may do is the same
        // without.
        maven.environment().put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto");
        maven.environment().remove("MAVEN_ARGS");
        return maven;
    }

    private static Map<String, Path> classPath(Path repository) throws IOException {
        Map<String, Path> jars = new TreeMap<>();
        for (String entry : Files.readString(project.resolve("target/class-path.txt"))
                .strip()
                .split(File.pathSeparator)) {
            // group/artifact/version/file
            Path jar = repository.relativize(Path.of(entry));
            int length = jar.getNameCount();
            String group = jar.subpath(0, length - 3).toString().replace(File.separatorChar, '.');
            jars.put(group + ":" + jar.getName(length - 3), Path.of(entry));
        }
        return jars;
    }

    @Test
    void shouldServeProgramOutsideTheModule() throws IOException {
        for (String test : List.of("MainTest", "QuotesTest")) {
            Path report = project.resolve("target/surefire-reports/TEST-quotes." + test + ".xml");
            assertThat(Files.readString(report)).contains("tests=\"1\" errors=\"0\" skipped=\"0\" failures=\"0\"");
        }
    }

    @Test
    void shouldBringFewMegabytes() throws IOException {
        long brought = 0;
        for (Path jar : classPath.values()) {
            brought += Files.size(jar);
        }
        long own = Files.size(classPath.get(ARTIFACT));
        assertThat(own).as("bytes of the jar").isLessThan(MOST_BYTES_OF_THE_JAR);
        assertThat(brought - own).as("bytes of %s", classPath.keySet()).isLessThan(MOST_BYTES_BROUGHT);
    }

    @Test
    void shouldBringNativeCodeForCompressionOnly() throws IOException {
        Set<String> withNativeCode = new TreeSet<>();
        for (Map.Entry<String, Path> dependency : classPath.entrySet()) {
            try (JarFile jar = new JarFile(dependency.getValue().toFile())) {
                if (jar.stream().anyMatch(entry -> entry.getName().matches(".*\\.(so|dll|dylib|jnilib)"))) {
                    withNativeCode.add(dependency.getKey());
                }
            }
        }
        assertThat(withNativeCode).containsExactly("at.yawk.lz4:lz4-java", "com.github.luben:zstd-jni");
    }

    @Test
    void shouldListTheLicencesOfAllThatItBrings() throws IOException {
        Set<String> listed = Pattern.compile("(?m)^\\| `([^`]+)` \\|")
                .matcher(Files.readString(Path.of("docs/licences.md")))
                .results()
                .map(line -> line.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> brought = new TreeSet<>(classPath.keySet());
        brought.remove(ARTIFACT);
        assertThat(listed).isEqualTo(brought);
    }

    @Test
    void shouldPublishTheTestKitWithoutTests() throws IOException {
        Set<String> packages = new TreeSet<>();
        Set<String> classes = new TreeSet<>();
        for (String entry : entries("-tests")) {
            if (entry.endsWith(".class")) {
                packages.add(entry.substring(0, entry.lastIndexOf('/')));
                classes.add(entry.substring(entry.lastIndexOf('/') + 1));
            }
        }
        assertThat(packages).containsExactly("dev/millrace/testkit");
        assertThat(classes)
                .contains("FlussCluster.class", "WithCluster.class", "FaultProxy.class", "LeakCheck.class")
                .noneMatch(name -> name.matches(".*Test(\\$.*)?\\.class"));
    }

    @Test
    void shouldPublishSourcesAndLicence() throws IOException {
        assertThat(entries("-sources")).contains("dev/millrace/FlussConnection.java");
        assertThat(entries(""))
                .contains("META-INF/LICENSE", "META-INF/NOTICE", "dev/millrace/FlussConnection.class")
                .noneMatch(name -> name.contains("testkit"));
    }

    private static Path jar(String classifier) {
        return BUILD.resolve("millrace-" + VERSION + classifier + ".jar");
    }

    private static List<String> entries(String classifier) throws IOException {
        try (JarFile jar = new JarFile(jar(classifier).toFile())) {
            return jar.stream().map(JarEntry::getName).toList();
        }
    }

    @Test
    void shouldShowThisProjectInTheDocuments() throws IOException {
        String page = Files.readString(Path.of("docs/testing.md"));
        String test = Files.readString(PROJECT.resolve("src/test/java/quotes/QuotesTest.java"));
        String pom = Files.readString(PROJECT.resolve("pom.xml"));
        assertThat(page).contains(test.substring(test.indexOf("@WithCluster"), test.indexOf("// end")));
        assertThat(page)
                .contains(pom.substring(pom.indexOf("<dependency>"), pom.indexOf("</dependencies>"))
                        .strip()
                        .replaceAll("(?m)^ {4}", ""));
    }

    /** What is not of this build might not lie in the local repository, and then Maven could not find it. */
    @Test
    void shouldUseTheVersionsOfThisBuild() throws IOException {
        String used = Files.readString(PROJECT.resolve("pom.xml"));
        String ours = Files.readString(Path.of("pom.xml"));
        assertThat(used).contains("<millrace.version>" + VERSION + "</millrace.version>");
        assertThat(versions(ours, PLUGIN_VERSION)).containsAll(versions(used, PLUGIN_VERSION));
        Set<String> properties = versions(used, PROPERTY);
        properties.removeIf(property -> property.startsWith("<millrace.version>"));
        assertThat(versions(ours, PROPERTY)).containsAll(properties);
    }

    private static Set<String> versions(String pom, Pattern pattern) {
        return pattern.matcher(pom)
                .results()
                .map(found -> found.group().replaceAll("\\s+", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String required(String property) {
        String value = System.getProperty(property);
        if (value == null) {
            throw new IllegalStateException("-D" + property + " is not set: this test runs within 'mvn verify' only");
        }
        return value;
    }
}
