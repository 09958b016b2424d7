package dev.millrace.metadata;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.error.CorruptDataException;
import java.io.IOException;
import java.util.function.Function;

/** Between JSON trees and their text. Safe for any number of threads: the mapper is, once it is configured. */
final class JsonText {
    private static final ObjectMapper MAPPER = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    private JsonText() {}

    static ObjectNode newObject() {
        return MAPPER.createObjectNode();
    }

    static byte[] write(final ObjectNode tree) {
        try {
            return MAPPER.writeValueAsBytes(tree);
        } catch (final JsonProcessingException e) {
            throw new IllegalStateException("A tree of plain values always has a JSON text", e);
        }
    }

    /**
     * Parses and reads, and turns whatever is wrong with the text or with the values in it into one kind of exception.
     *
     * @param what names the text in the message.
     */
    static <T> T read(final byte[] json, final String what, final Function<JsonAt, T> reader) {
        final JsonNode root;
        try {
            root = MAPPER.readTree(json);
        } catch (final JacksonException e) {
            throw new CorruptDataException("The " + what + " is not JSON: " + e.getOriginalMessage(), e);
        } catch (final IOException e) {
            throw new CorruptDataException("The " + what + " cannot be read: " + e.getMessage(), e);
        }
        try {
            return reader.apply(new JsonAt(what, root));
        } catch (final IllegalArgumentException e) {
            throw new CorruptDataException("The " + what + " breaks a rule: " + e.getMessage(), e);
        }
    }
}
