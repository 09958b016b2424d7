package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Holds what programs can see of the library to the list in {@code api.txt}, so that no change to it goes unseen in a
 * review, and to the members that {@code contract.txt} asks for.
 */
class ApiTest {
    private static final Path PINNED = Path.of("src", "test", "resources", "api.txt");
    private static final String RENEW = "millrace.api.renew";
    private static final String INTERNAL = "dev.millrace.internal.";
    private static final Pattern PACKAGES = Pattern.compile("\\b(?:[a-z]\\w*\\.)+(?=[A-Z])");

    @Test
    void shouldChangeOnPurposeOnly() throws Exception {
        TreeSet<String> present = new TreeSet<>();
        publicTypes().forEach(type -> describe(type, present));
        if (Boolean.getBoolean(RENEW)) {
            Files.write(PINNED, present, StandardCharsets.UTF_8);
        }
        List<String> pinned = Files.readAllLines(PINNED, StandardCharsets.UTF_8);
        List<String> changes = new ArrayList<>();
        pinned.stream().filter(line -> !present.contains(line)).forEach(line -> changes.add("- " + line));
        present.stream().filter(line -> !pinned.contains(line)).forEach(line -> changes.add("+ " + line));
        assertThat(changes)
                .as(
                        "changes to the public API; if they are meant, run this test with -D%s=true and commit %s",
                        RENEW, PINNED)
                .isEmpty();
    }

    @Test
    void shouldHaveWhatTheContractAsksFor() throws Exception {
        Map<String, Class<?>> types =
                publicTypes().stream().collect(Collectors.toMap(ApiTest::nameWithoutPackage, Function.identity()));
        List<String> missing = Files.readAllLines(Path.of("src", "test", "resources", "contract.txt")).stream()
                .filter(wanted -> {
                    String[] parts = wanted.split("#");
                    return !types.containsKey(parts[0]) || !hasMember(types.get(parts[0]), parts[1]);
                })
                .toList();
        assertThat(missing).as("members that the contract asks for").isEmpty();
    }

    private static boolean hasMember(Class<?> type, String name) {
        return Stream.concat(Arrays.stream(type.getMethods()), Arrays.stream(type.getFields()))
                .map(Member::getName)
                .anyMatch(name::equals);
    }

    /** The public types of all packages that are not internal, nested ones included. */
    private static List<Class<?>> publicTypes() throws IOException, URISyntaxException {
        Path classes = Path.of(FlussConnection.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString())
                    .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
                    .map(file -> file.substring(0, file.length() - ".class".length())
                            .replace(classes.getFileSystem().getSeparator(), "."))
                    .filter(name -> !name.startsWith(INTERNAL))
                    .<Class<?>>map(ApiTest::load)
                    .filter(ApiTest::isVisible)
                    .toList();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, ApiTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isVisible(Class<?> type) {
        Class<?> enclosing = type.getEnclosingClass();
        return isVisible(type.getModifiers()) && !type.isSynthetic() && (enclosing == null || isVisible(enclosing));
    }

    private static boolean isVisible(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    private static String nameWithoutPackage(Class<?> type) {
        return type.getCanonicalName().substring(type.getPackageName().length() + 1);
    }

    private static void describe(Class<?> type, Collection<String> lines) {
        String name = type.getCanonicalName();
        lines.add(name + " " + kind(type) + parents(type));
        for (Field field : type.getDeclaredFields()) {
            if (isVisible(field.getModifiers()) && !field.isSynthetic()) {
                lines.add(name + "#" + field.getName() + ": "
                        + modifiers(field.getModifiers() & ~Modifier.FINAL)
                        + shown(field.getAnnotatedType()));
            }
        }
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (isVisible(constructor.getModifiers()) && !constructor.isSynthetic() && isForUsers(constructor)) {
                lines.add(name + "#new" + parameters(constructor));
            }
        }
        for (Method method : type.getDeclaredMethods()) {
            if (isVisible(method.getModifiers()) && !method.isSynthetic() && !isOfEveryEnum(method)) {
                lines.add(name + "#" + method.getName() + parameters(method) + ": "
                        + modifiers(
                                method.getModifiers() & ~(Modifier.FINAL | Modifier.ABSTRACT | Modifier.SYNCHRONIZED))
                        + (method.isDefault() ? "default " : "")
                        + shown(method.getAnnotatedReturnType()));
            }
        }
    }

    /** One that takes internals can be called by the library only. */
    private static boolean isForUsers(Constructor<?> constructor) {
        return Arrays.stream(constructor.getParameterTypes())
                .noneMatch(parameter -> parameter.getName().startsWith(INTERNAL));
    }

    private static boolean isOfEveryEnum(Method method) {
        return method.getDeclaringClass().isEnum()
                && (method.getName().equals("values") || method.getName().equals("valueOf"));
    }

    private static String kind(Class<?> type) {
        int modifiers = type.getModifiers() & ~Modifier.STATIC;
        if (type.isEnum()) {
            return "enum";
        } else if (type.isRecord()) {
            return "record";
        } else if (type.isInterface()) {
            return (type.isSealed() ? "sealed " : "") + "interface";
        }
        return modifiers(modifiers) + (type.isSealed() ? "sealed " : "") + "class";
    }

    private static String parents(Class<?> type) {
        Type parent = type.getGenericSuperclass();
        boolean isOfNote = parent != null && parent != Object.class && !type.isEnum() && !type.isRecord();
        String interfaces = Arrays.stream(type.getGenericInterfaces())
                .map(Type::getTypeName)
                .map(ApiTest::withoutPackages)
                .collect(Collectors.joining(", "));
        return (isOfNote ? " extends " + withoutPackages(parent.getTypeName()) : "")
                + (interfaces.isEmpty() ? "" : " implements " + interfaces);
    }

    private static String parameters(Executable executable) {
        return Arrays.stream(executable.getAnnotatedParameterTypes())
                .map(ApiTest::shown)
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private static String shown(AnnotatedType type) {
        return (type.isAnnotationPresent(Nullable.class) ? "@Nullable " : "")
                + withoutPackages(type.getType().getTypeName().replace('$', '.'));
    }

    private static String withoutPackages(String name) {
        return PACKAGES.matcher(name).replaceAll("");
    }

    private static String modifiers(int modifiers) {
        String text = Modifier.toString(modifiers & ~Modifier.PUBLIC & ~Modifier.TRANSIENT & ~Modifier.VOLATILE);
        return text.isEmpty() ? "" : text + " ";
    }
}
