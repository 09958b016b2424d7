package dev.millrace.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.metadata.TablePath;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {
    @Test
    void shouldStreamTwoMillionTicksByDefault() {
        assertThat(Arguments.parse()).isEqualTo(new Arguments(2_000_000, null, null, null, false));
    }

    @Test
    void shouldTakeEveryOption() {
        assertThat(Arguments.parse("--bootstrap", "a:1,b:2", "--table", "db.t", "--rows", "10"))
                .isEqualTo(new Arguments(10, "a:1,b:2", null, TablePath.of("db", "t"), false));
        assertThat(Arguments.parse("--csv", "some file.csv").csv()).isEqualTo(Path.of("some file.csv"));
        assertThat(Arguments.parse("--help").help()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --rwos 5            | unknown option '--rwos'
                    ticks               | unknown option 'ticks'
                    --rows              | --rows needs a value
                    --rows --help       | --rows needs a value
                    --rows 0            | --rows needs a number of at least 1, not '0'
                    --rows many         | --rows needs a number of at least 1, not 'many'
                    --rows 5 --csv f    | exclude each other
                    --bootstrap host    | --bootstrap needs HOST:PORT, not 'host'
                    --bootstrap a:1,,   | --bootstrap needs HOST:PORT
                    --table ticks       | --table needs DATABASE.TABLE, not 'ticks'
                    --table a.b.c       | --table needs DATABASE.TABLE, not 'a.b.c'
                    --table a.b!c       | --table 'a.b!c'
                    """)
    void shouldSayInOneLineWhatIsWrong(String line, String message) {
        assertThatThrownBy(() -> Arguments.parse(line.split(" +")))
                .isInstanceOf(QuickstartException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }
}
