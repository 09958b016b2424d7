package dev.millrace.internal.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.rpc.messages.ApiMessage;
import org.apache.fluss.rpc.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds our messages to those of the server: every field has the same number, name, type and label in both, and what one
 * side writes the other reads.
 */
class WireMessagesTest {
    private static final String OURS = "dev.millrace.internal.rpc.proto.";
    private static final String THEIRS = "org.apache.fluss.rpc.messages.";

    /** Where the name of the request's message is not the name of the API. */
    private static final Map<Api, String> RENAMED =
            Map.of(Api.GET_METADATA, "Metadata", Api.GET_FILESYSTEM_SECURITY_TOKEN, "GetFileSystemSecurityToken");

    /** A field as it lies on the wire; {@code kind} is a Java type or the name of a message. */
    private record WireField(String name, String kind, String label) {}

    static Stream<String> messageNames() throws ReflectiveOperationException {
        final Set<String> names = new TreeSet<>(Set.of("ErrorResponse"));
        for (final Api api : Api.values()) {
            final String stem = RENAMED.getOrDefault(api, camelCase(api.name()));
            collect(stem + "Request", names);
            collect(stem + "Response", names);
        }
        return names.stream();
    }

    private static void collect(final String name, final Set<String> names) throws ReflectiveOperationException {
        if (names.add(name)) {
            for (final WireField field :
                    theirFields(Class.forName(THEIRS + name)).values()) {
                if (field.kind.startsWith("message ")) {
                    collect(field.kind.substring("message ".length()), names);
                }
            }
        }
    }

    @Test
    void shouldKnowEveryPublicApiOfTheServer() {
        final Map<Integer, String> theirs = new TreeMap<>();
        for (final ApiKeys key : ApiKeys.values()) {
            if (key.visibility == ApiKeys.ApiVisibility.PUBLIC) {
                assertThat(key.lowestSupportedVersion).as(key.name()).isZero();
                theirs.put((int) key.id, key.name() + " " + key.highestSupportedVersion);
            }
        }
        final Map<Integer, String> ours = new TreeMap<>();
        for (final Api api : Api.values()) {
            ours.put(api.key(), api.name() + " " + api.maxVersion());
            assertThat(Api.forKey(api.key())).isSameAs(api);
        }
        assertThat(ours).isEqualTo(theirs);
        assertThat(Api.forKey(1013)).isNull();
        assertThat(Api.forKey(999)).isNull();
        assertThat(Api.forKey(Integer.MAX_VALUE)).isNull();
    }

    @ParameterizedTest
    @MethodSource("messageNames")
    void shouldHaveTheFieldsOfTheServer(final String name) throws ReflectiveOperationException {
        final Class<?> theirs = Class.forName(THEIRS + name);
        final Class<?> ours = Class.forName(OURS + name);
        assertThat(ourFields(ours)).isEqualTo(theirFields(theirs));
    }

    @ParameterizedTest
    @MethodSource("messageNames")
    void shouldBeReadAndWrittenAlikeByTheServer(final String name) throws Exception {
        final ApiMessage theirs =
                (ApiMessage) Class.forName(THEIRS + name).getConstructor().newInstance();
        final MessageLite ours = filled(Class.forName(OURS + name)).build();
        final byte[] bytes = ours.toByteArray();

        theirs.parseFrom(bytes);
        assertThat(theirs.toByteArray()).isEqualTo(bytes);
        assertThat(ours.getParserForType().parseFrom(theirs.toByteArray())).isEqualTo(ours);
    }

    private static Map<Integer, WireField> theirFields(final Class<?> type) throws ReflectiveOperationException {
        final Map<Integer, WireField> fields = new TreeMap<>();
        for (final Field constant : type.getDeclaredFields()) {
            if (constant.getName().endsWith("_FIELD_NUMBER")) {
                final String stem =
                        constant.getName().substring(0, constant.getName().length() - 13);
                final int number = intConstant(type, constant.getName());
                final String name = normal(stem);
                final Method indexed = has(type, stem + "_MASK") ? null : theirIndexedGetter(type, name);
                final boolean packed = has(type, stem + "_TAG_PACKED");
                final String label = indexed != null
                        ? packed ? "packed" : "repeated"
                        : isRequired(type, stem) ? "required" : "optional";
                final Method getter = indexed != null ? indexed : find(type, "get" + name);
                final Method accessor = getter != null ? getter : find(type, "is" + name);
                assertThat(accessor).as("%s.%s", type, name).isNotNull();
                fields.put(number, new WireField(name, kind(accessor.getReturnType()), label));
            }
        }
        return fields;
    }

    /** Their generator drops the plural of a repeated field's name. */
    private static Method theirIndexedGetter(final Class<?> type, final String name) {
        final Method plain = find(type, "get" + name + "At");
        return plain != null ? plain : find(type, "get" + name.replaceFirst("s$", "") + "At");
    }

    private static boolean isRequired(final Class<?> type, final String stem) throws ReflectiveOperationException {
        return has(type, "_REQUIRED_FIELDS_MASK0")
                && (intConstant(type, "_REQUIRED_FIELDS_MASK0") & intConstant(type, stem + "_MASK")) != 0;
    }

    private static boolean has(final Class<?> type, final String field) {
        return Arrays.stream(type.getDeclaredFields())
                .anyMatch(each -> each.getName().equals(field));
    }

    private static int intConstant(final Class<?> type, final String name) throws ReflectiveOperationException {
        final Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field.getInt(null);
    }

    private static Map<Integer, WireField> ourFields(final Class<?> type) throws ReflectiveOperationException {
        final MessageLite.Builder filled = filled(type);
        final Set<Integer> packed = lengthDelimitedFields(filled.build().toByteArray());
        final Map<Integer, WireField> fields = new TreeMap<>();
        for (final Field constant : type.getFields()) {
            if (isFieldNumber(constant)) {
                final String name = normal(constant.getName().replace("_FIELD_NUMBER", ""));
                final boolean repeated = find(type, "get" + name + "Count") != null;
                final Method getter = repeated ? indexedGetter(type, name) : find(type, "get" + name);
                assertThat(getter).as("%s.%s", type, name).isNotNull();
                final String kind = kind(getter.getReturnType());
                final int number = constant.getInt(null);
                final String label;
                if (repeated) {
                    label = isScalar(kind) && packed.contains(number) ? "packed" : "repeated";
                } else {
                    label = isInitializedWithout(filled, name) ? "optional" : "required";
                }
                fields.put(number, new WireField(name, kind, label));
            }
        }
        return fields;
    }

    private static boolean isInitializedWithout(final MessageLite.Builder filled, final String name)
            throws ReflectiveOperationException {
        final MessageLite.Builder partial = filled.clone();
        final Method clear = find(partial.getClass(), "clear" + name);
        assertThat(clear).isNotNull();
        clear.invoke(partial);
        return partial.isInitialized();
    }

    private static Set<Integer> lengthDelimitedFields(final byte[] bytes) {
        final Set<Integer> fields = new HashSet<>();
        final ProtoReader reader = new ProtoReader().wrap(new UnsafeBuffer(bytes), 0, bytes.length);
        for (int field = reader.next(); field != ProtoReader.END; field = reader.next()) {
            if (reader.isLengthDelimited()) {
                fields.add(field);
            }
        }
        return fields;
    }

    /** Sets every field of a message of ours to a value that shows its type: negative, or wider than 32 bits. */
    private static MessageLite.Builder filled(final Class<?> type) throws ReflectiveOperationException {
        final MessageLite.Builder builder =
                (MessageLite.Builder) type.getMethod("newBuilder").invoke(null);
        int salt = 1;
        for (final Field constant : type.getFields()) {
            if (isFieldNumber(constant)) {
                final String name = normal(constant.getName().replace("_FIELD_NUMBER", ""));
                final boolean repeated = find(type, "get" + name + "Count") != null;
                final Method getter = repeated ? indexedGetter(type, name) : find(type, "get" + name);
                assertThat(getter).as("%s.%s", type, name).isNotNull();
                final Class<?> valueType = getter.getReturnType();
                final String verb = repeated ? "add" : "set";
                final Method setter = Arrays.stream(builder.getClass().getMethods())
                        .filter(method -> method.getName().equalsIgnoreCase(verb + name))
                        .filter(method -> method.getParameterCount() == 1)
                        .filter(method -> method.getParameterTypes()[0] == valueType)
                        .findFirst()
                        .orElseThrow();
                for (int i = 0; i < (repeated ? 3 : 1); i++) {
                    setter.invoke(builder, value(valueType, salt++));
                }
            }
        }
        return builder;
    }

    private static Object value(final Class<?> type, final int salt) throws ReflectiveOperationException {
        if (type == int.class) {
            return salt % 2 == 0 ? -salt : Integer.MAX_VALUE - salt;
        } else if (type == long.class) {
            return salt % 2 == 0 ? Long.MIN_VALUE + salt : (1L << 40) + salt;
        } else if (type == boolean.class) {
            return true;
        } else if (type == String.class) {
            return "größe-" + salt;
        } else if (type == ByteString.class) {
            return ByteString.copyFrom(new byte[] {0, -1, (byte) salt});
        } else if (MessageLite.class.isAssignableFrom(type)) {
            return filled(type).build();
        }
        return fail("no value for " + type);
    }

    private static boolean isScalar(final String kind) {
        return kind.equals("int") || kind.equals("long") || kind.equals("boolean");
    }

    private static String kind(final Class<?> type) {
        if (type.isPrimitive()) {
            return type.getName();
        } else if (type == ByteString.class || type == byte[].class) {
            return "bytes";
        } else if (type == String.class) {
            return "string";
        }
        return "message " + type.getSimpleName();
    }

    private static boolean isFieldNumber(final Field field) {
        return Modifier.isStatic(field.getModifiers()) && field.getName().endsWith("_FIELD_NUMBER");
    }

    private static Method indexedGetter(final Class<?> type, final String name) {
        return Arrays.stream(type.getMethods())
                .filter(method -> method.getName().equalsIgnoreCase("get" + name))
                .filter(method -> Arrays.equals(method.getParameterTypes(), new Class<?>[] {int.class}))
                .findFirst()
                .orElse(null);
    }

    private static Method find(final Class<?> type, final String name) {
        return Arrays.stream(type.getMethods())
                .filter(method -> method.getName().equalsIgnoreCase(name))
                .filter(method -> !method.isBridge())
                .findFirst()
                .orElse(null);
    }

    private static String normal(final String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }

    private static String camelCase(final String name) {
        final StringBuilder camel = new StringBuilder();
        for (final String word : name.split("_")) {
            camel.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return camel.toString();
    }
}
