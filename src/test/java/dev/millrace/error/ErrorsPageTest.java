package dev.millrace.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The chapter on errors has every exception, and says of each whether it is retriable. */
class ErrorsPageTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+Exception)` \\| ([^|]+) \\|");

    private static Map<String, String> rows() throws IOException {
        Map<String, String> rows = new TreeMap<>();
        String page = Files.readString(Path.of("docs/errors.md"));
        ROW.matcher(page.substring(0, page.indexOf("Of the JDK's exceptions")))
                .results()
                .forEach(row -> rows.put(row.group(1), row.group(2)));
        return rows;
    }

    private static Stream<Class<?>> kinds(Class<?> root) {
        Class<?>[] permitted = root.isSealed() ? root.getPermittedSubclasses() : new Class<?>[0];
        return Stream.concat(Stream.of(root), Arrays.stream(permitted).flatMap(ErrorsPageTest::kinds));
    }

    @Test
    void shouldHaveEveryException() throws IOException {
        assertThat(rows().keySet())
                .containsExactlyInAnyOrderElementsOf(kinds(FlussException.class)
                        .filter(kind -> kind != FlussException.class)
                        .map(Class::getSimpleName)
                        .toList());
    }

    @Test
    void shouldSayWhichAreRetriable() throws Exception {
        Map<String, String> rows = rows();
        int checked = 0;
        for (Class<?> kind : kinds(FlussException.class).toList()) {
            for (Constructor<?> constructor : kind.getConstructors()) {
                if (Arrays.equals(constructor.getParameterTypes(), new Class<?>[] {String.class})) {
                    boolean retriable = ((FlussException) constructor.newInstance("")).isRetriable();
                    assertThat(rows).containsEntry(kind.getSimpleName(), retriable ? "yes" : "no");
                    checked++;
                }
            }
        }
        assertThat(checked).isEqualTo(6);
    }
}
