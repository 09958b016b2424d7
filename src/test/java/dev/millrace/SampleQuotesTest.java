package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Java in the documents is quoted from classes that are compiled and run. Before each fence stands what it quotes:
 *
 * <pre>{@code
 * <!-- sample: LogTablesTest#append -->
 * }</pre>
 *
 * <p>That is what lies in the class between {@code // sample: append} and the {@code // end} after it, or the end of the
 * file; without a name, the whole file. Words may be replaced: {@code servers="localhost:9123"}. {@code -Dmillrace.quotes=write} writes the quotes anew.
 */
class SampleQuotesTest {
    private static final boolean WRITES = "write".equals(System.getProperty("millrace.quotes"));
    private static final Pattern FENCE =
            Pattern.compile("(?ms)^(?:<!-- sample: (\\w+)(?:#(\\w+))?((?: \\w+=\\S+)*) -->\\n)?```java\\n(.*?)^```$");
    private static final Pattern MARKER = Pattern.compile("(?m)^ *// (?:sample: \\w+|end)\\n");

    static Stream<Path> documents() throws IOException {
        try (Stream<Path> pages = Files.list(Path.of("docs"))) {
            return Stream.concat(
                    Stream.of(Path.of("README.md")),
                    pages.filter(page -> page.toString().endsWith(".md")).sorted().toList().stream());
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void shouldQuoteWhatRuns(Path document) throws IOException {
        String text = Files.readString(document);
        Matcher fence = FENCE.matcher(text);
        StringBuilder quoted = new StringBuilder();
        int end = 0;
        while (fence.find()) {
            assertThat(fence.group(1))
                    .as("the sample that is quoted: " + fence.group())
                    .isNotNull();
            quoted.append(text, end, fence.start(4)).append(sample(fence.group(1), fence.group(2), fence.group(3)));
            end = fence.end(4);
        }
        quoted.append(text, end, text.length());
        if (WRITES) {
            Files.writeString(document, quoted);
        }
        assertThat(Files.readString(document)).as(document.toString()).isEqualTo(quoted.toString());
    }

    private static String sample(String className, String name, String replacements) throws IOException {
        String source = Files.readString(sourceOf(className));
        String sample = name == null ? source : region(className, source, name);
        // The line after the last newline would count as one without indentation.
        String code = MARKER.matcher(sample).replaceAll("").stripTrailing().stripIndent() + "\n";
        for (String replacement : replacements.strip().split(" ")) {
            int equals = replacement.indexOf('=');
            if (equals > 0) {
                code = code.replaceAll(
                        "\\b" + replacement.substring(0, equals) + "\\b",
                        Matcher.quoteReplacement(replacement.substring(equals + 1)));
            }
        }
        return code;
    }

    private static String region(String className, String source, String name) {
        Matcher region = Pattern.compile("(?ms)^ *// sample: " + name + "\\n(.*?)(?:^ *// end\\n|\\z)")
                .matcher(source);
        assertThat(region.find()).as(className + " has the sample " + name).isTrue();
        String sample = region.group(1);
        assertThat(region.find()).as(className + " has another sample " + name).isFalse();
        return sample;
    }

    private static Path sourceOf(String className) throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src/test"))) {
            List<Path> found =
                    sources.filter(path -> path.endsWith(className + ".java")).toList();
            assertThat(found).as("classes named " + className).hasSize(1);
            return found.getFirst();
        }
    }
}
