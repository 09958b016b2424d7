package dev.millrace.support;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.security.auth.Subject;

/**
 * The server's plugin for storage that speaks S3, made fit for JDKs of today. The Hadoop in its jar calls
 * {@code Subject.getSubject}, which throws since JDK 24, so in a copy of the jar that call goes to {@link Subjects}.
 */
public final class S3Plugin {
    private static final Path DIRECTORY = Path.of("target", "server-plugins", "s3");
    private static final String CALLER = "org/apache/hadoop/security/UserGroupInformation.class";
    private static final int UTF8 = 1;
    private static final int CLASS = 7;
    private static final int METHOD = 10;
    private static final int NAME_AND_TYPE = 12;

    private S3Plugin() {}

    /** Lays out plugins for a server below a directory. */
    public static Path install(Path directory) throws IOException {
        if (!Files.isDirectory(DIRECTORY)) {
            throw new IllegalStateException("no plugin in " + DIRECTORY.toAbsolutePath()
                    + "; 'mvn generate-test-resources' puts it there, as every build does before its tests");
        }
        Path target = Files.createDirectories(directory.resolve("s3"));
        try (Stream<Path> jars = Files.list(DIRECTORY)) {
            for (Path jar : jars.toList()) {
                patch(Files.copy(jar, target.resolve(jar.getFileName())));
            }
        }
        return directory;
    }

    private static void patch(Path jar) throws IOException {
        String helper = Subjects.class.getName().replace('.', '/');
        try (FileSystem entries = FileSystems.newFileSystem(jar, Map.of("compressionMethod", "STORED"));
                InputStream helperClass = S3Plugin.class.getResourceAsStream("/" + helper + ".class")) {
            Path caller = entries.getPath(CALLER);
            Files.write(caller, redirected(Files.readAllBytes(caller), helper));
            Path copy = entries.getPath(helper + ".class");
            Files.createDirectories(copy.getParent());
            Files.copy(helperClass, copy);
        }
    }

    /** Stands in for the method of {@link Subject} of the same name. */
    public static final class Subjects {
        private Subjects() {}

        @SuppressWarnings("removal")
        public static Subject getSubject(java.security.AccessControlContext ignored) {
            return Subject.current();
        }
    }

    /** A class file in which the calls of the static method {@code getSubject} go to another class. */
    private static byte[] redirected(byte[] classFile, String toClass) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
        byte[] head = in.readNBytes(8);
        int count = in.readUnsignedShort();
        List<byte[]> constants = new ArrayList<>(List.of(new byte[0]));
        while (constants.size() < count) {
            byte[] constant = readConstant(in);
            constants.add(constant);
            if (constant[0] == 5 || constant[0] == 6) {
                constants.add(new byte[0]); // a long or double counts twice
            }
        }
        redirect(constants, count + 1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(out);
        data.write(head);
        data.writeShort(count + 2);
        for (byte[] constant : constants) {
            data.write(constant);
        }
        data.writeByte(UTF8);
        data.writeUTF(toClass);
        data.writeByte(CLASS);
        data.writeShort(count);
        in.transferTo(data);
        return out.toByteArray();
    }

    private static byte[] readConstant(DataInputStream in) throws IOException {
        int tag = in.readUnsignedByte();
        ByteArrayOutputStream constant = new ByteArrayOutputStream();
        constant.write(tag);
        int length = switch (tag) {
            case UTF8 -> {
                int textLength = in.readUnsignedShort();
                constant.write(textLength >>> 8);
                constant.write(textLength);
                yield textLength;
            }
            case CLASS, 8, 16, 19, 20 -> 2;
            case 15 -> 3;
            case 5, 6 -> 8;
            default -> 4;
        };
        constant.write(in.readNBytes(length));
        return constant.toByteArray();
    }

    private static void redirect(List<byte[]> constants, int classIndex) {
        int redirected = 0;
        for (byte[] constant : constants) {
            if (constant.length > 0 && constant[0] == METHOD && isGetSubject(constants, constant)) {
                ByteBuffer.wrap(constant).putShort(1, (short) classIndex);
                redirected++;
            }
        }
        if (redirected != 1) {
            throw new IllegalStateException("the plugin calls Subject.getSubject " + redirected + " times, not once");
        }
    }

    private static boolean isGetSubject(List<byte[]> constants, byte[] method) {
        byte[] nameAndType = constants.get(ByteBuffer.wrap(method).getShort(3) & 0xffff);
        if (nameAndType[0] != NAME_AND_TYPE) {
            return false;
        }
        ByteBuffer pair = ByteBuffer.wrap(nameAndType);
        return text(constants.get(pair.getShort(1) & 0xffff)).equals("getSubject")
                && text(constants.get(pair.getShort(3) & 0xffff)).contains("AccessControlContext");
    }

    private static String text(byte[] utf8) {
        return new String(utf8, 3, utf8.length - 3, StandardCharsets.UTF_8);
    }
}
