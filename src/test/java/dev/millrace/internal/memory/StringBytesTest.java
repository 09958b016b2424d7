package dev.millrace.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StringBytesTest {
    /** If this fails on a new JDK, nothing is broken, but text is encoded char by char. */
    @Test
    void shouldSeeTextOfOneByteAChar() {
        for (final String text : new String[] {"", "a", "SYM1234", "caf\u00e9", "\u0000\u00ff"}) {
            assertThat(StringBytes.latin1(text)).isEqualTo(text.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    @Test
    void shouldSeeNothingOfOtherText() {
        assertThat(StringBytes.latin1("\u0100")).isNull();
        assertThat(StringBytes.latin1("abc\u20ac")).isNull();
        assertThat(StringBytes.latin1("\ud83d\ude80")).isNull();
    }
}
