package dev.millrace.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.error.CorruptDataException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value in a JSON text together with the way to it, so that an error can say where it is.
 *
 * @param path for example {@code schema.columns[2].data_type}.
 * @param node the value.
 */
record JsonAt(String path, JsonNode node) {
    /** A member of this object; null if it is absent or JSON's null. */
    @Nullable JsonAt optional(final String key) {
        if (!node.isObject()) {
            throw expected("an object");
        }
        final JsonNode member = node.get(key);
        return member == null || member.isNull() ? null : new JsonAt(path + "." + key, member);
    }

    JsonAt required(final String key) {
        final JsonAt member = optional(key);
        if (member == null) {
            throw new CorruptDataException(path + ": '" + key + "' is missing");
        }
        return member;
    }

    @Nullable String optionalText(final String key) {
        final JsonAt member = optional(key);
        return member == null ? null : member.text();
    }

    int optionalInteger(final String key, final int otherwise) {
        final JsonAt member = optional(key);
        return member == null ? otherwise : member.integer();
    }

    String text() {
        if (!node.isTextual()) {
            throw expected("a text");
        }
        return node.textValue();
    }

    int integer() {
        if (!node.isIntegralNumber() || !node.canConvertToInt()) {
            throw expected("a whole number");
        }
        return node.intValue();
    }

    boolean bool() {
        if (!node.isBoolean()) {
            throw expected("true or false");
        }
        return node.booleanValue();
    }

    List<JsonAt> elements() {
        if (!node.isArray()) {
            throw expected("a list");
        }
        final List<JsonAt> elements = new ArrayList<>(node.size());
        for (int i = 0; i < node.size(); i++) {
            elements.add(new JsonAt(path + "[" + i + "]", node.get(i)));
        }
        return elements;
    }

    List<String> texts() {
        return elements().stream().map(JsonAt::text).toList();
    }

    Map<String, String> textMap() {
        if (!node.isObject()) {
            throw expected("an object");
        }
        final Map<String, String> map = new LinkedHashMap<>();
        node.fieldNames().forEachRemaining(key -> map.put(key, required(key).text()));
        return map;
    }

    CorruptDataException expected(final String wanted) {
        return new CorruptDataException(path + ": expected " + wanted + ", found " + abbreviated());
    }

    private String abbreviated() {
        final String text = node.toString();
        return text.length() <= 80 ? text : text.substring(0, 80) + "...";
    }
}
