package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Links between the documents lead somewhere: to a file of the project, and to a heading in it. */
class DocumentLinksTest {
    private static final Pattern LINK = Pattern.compile("!?\\[[^\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```$|`[^`\\n]*`");
    private static final Pattern FENCED = Pattern.compile("(?ms)^```.*?^```$");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.+)$");
    private static final List<String> FOLDERS = List.of("", "docs", "benchmarks");

    static Stream<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        for (String folder : FOLDERS) {
            try (Stream<Path> files = Files.list(Path.of(folder))) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
            }
        }
        return documents.stream();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void shouldLinkToWhatIsThere(Path document) throws IOException {
        for (String link : linksIn(document)) {
            if (URI.create(link).getScheme() != null) {
                continue;
            }
            String[] parts = link.split("#", 2);
            Path target = parts[0].isEmpty() ? document : beside(document, parts[0]);
            assertThat(target).as(document + " links to " + link).exists();
            if (parts.length == 2) {
                assertThat(anchorsIn(target)).as(document + " links to " + link).contains(parts[1]);
            }
        }
    }

    @Test
    void shouldListEveryChapter() throws IOException {
        Set<Path> listed = new HashSet<>();
        for (String link : linksIn(Path.of("docs/README.md"))) {
            listed.add(beside(Path.of("docs/README.md"), link.split("#", 2)[0]));
        }
        try (Stream<Path> chapters = Files.list(Path.of("docs"))) {
            assertThat(listed)
                    .containsAll(chapters.filter(file -> file.toString().endsWith(".md") && !file.endsWith("README.md"))
                            .toList());
        }
    }

    private static Path beside(Path document, String link) {
        return document.resolveSibling(link).normalize();
    }

    private static List<String> linksIn(Path document) throws IOException {
        String prose = CODE.matcher(Files.readString(document)).replaceAll("");
        return LINK.matcher(prose).results().map(link -> link.group(1)).toList();
    }

    /** As GitHub makes them: lower case, hyphens for spaces, nothing but letters, digits, hyphens and underscores. */
    private static Set<String> anchorsIn(Path document) throws IOException {
        String text = FENCED.matcher(Files.readString(document)).replaceAll("");
        Set<String> anchors = new HashSet<>();
        for (MatchResult heading : HEADING.matcher(text).results().toList()) {
            String anchor = heading.group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-');
            int copies = 0;
            while (!anchors.add(copies == 0 ? anchor : anchor + "-" + copies)) {
                copies++;
            }
        }
        return anchors;
    }
}
