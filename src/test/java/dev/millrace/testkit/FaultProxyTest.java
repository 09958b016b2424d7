package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
    private static final int SILENCE_MILLIS = 150;

    private ServerSocket echo;
    private FaultProxy proxy;
    private Socket client;

    @BeforeEach
    void connect() throws IOException {
        echo = new ServerSocket(0, 50, InetAddress.getByName(FlussCluster.HOST));
        Thread.ofVirtual().start(() -> {
            while (!echo.isClosed()) {
                try {
                    Socket socket = echo.accept();
                    Thread.ofVirtual().start(() -> echo(socket));
                } catch (IOException e) {
                    return; // closed at the end of the test
                }
            }
        });
        proxy = FaultProxy.to(FlussCluster.HOST, echo.getLocalPort());
        client = newClient();
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // The proxy has reset the connection, as tests ask it to.
        }
    }

    private Socket newClient() throws IOException {
        Socket socket = new Socket(FlussCluster.HOST, proxy.port());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        return socket;
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        proxy.close();
        echo.close();
    }

    @Test
    void shouldForwardBothWaysUnharmed() throws IOException {
        byte[] sent = randomBytes(1_000_000);
        Thread.ofVirtual().start(() -> write(client, sent));
        assertThat(read(client, sent.length)).isEqualTo(sent);
        assertThat(proxy.openConnections()).isEqualTo(1);
        assertThat(proxy.toServer().forwardedBytes()).isEqualTo(sent.length);
    }

    @Test
    void shouldCutPresentConnectionsOnly() throws IOException {
        exchange(client);
        proxy.cut();
        assertThatThrownBy(() -> read(client, 1)).isInstanceOf(IOException.class);
        assertThat(proxy.openConnections()).isZero();
        try (Socket next = newClient()) {
            exchange(next);
        }
    }

    @Test
    void shouldRefuseUntilToldOtherwise() throws IOException {
        proxy.refuse();
        try (Socket refused = newClient()) {
            assertThat(read(refused, 1)).as("the end of the stream").isEmpty();
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
        }
        proxy.accept();
        try (Socket next = newClient()) {
            exchange(next);
        }
    }

    @Test
    void shouldHoldResponsesBackWhileMuted() throws IOException {
        exchange(client);
        proxy.toClient().mute();
        write(client, new byte[] {7});
        client.setSoTimeout(SILENCE_MILLIS);
        assertThatThrownBy(() -> read(client, 1)).isInstanceOf(SocketTimeoutException.class);
        proxy.toClient().heal();
        client.setSoTimeout(20_000);
        assertThat(read(client, 1)).containsExactly(7);
    }

    @Test
    void shouldDelay() throws IOException {
        exchange(client);
        proxy.toServer().delay(Duration.ofMillis(SILENCE_MILLIS));
        long startNs = System.nanoTime();
        exchange(client);
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isGreaterThanOrEqualTo(ofSilence());
    }

    @Test
    void shouldThrottle() throws IOException {
        proxy.toServer().throttle(20_000);
        long startNs = System.nanoTime();
        write(client, new byte[4_000]);
        assertThat(read(client, 4_000)).hasSize(4_000);
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isGreaterThanOrEqualTo(ofSilence());
    }

    @Test
    void shouldForwardByteByByte() throws IOException {
        proxy.toClient().tear();
        byte[] sent = randomBytes(300);
        write(client, sent);
        InputStream in = client.getInputStream();
        byte[] buffer = new byte[sent.length];
        int first = in.read(buffer);
        assertThat(first)
                .as("a first read gets what came in the first segments")
                .isLessThan(sent.length);
        byte[] rest = read(client, sent.length - first);
        System.arraycopy(rest, 0, buffer, first, rest.length);
        assertThat(buffer).isEqualTo(sent);
    }

    @Test
    void shouldCutInTheMiddleOfAFrame() throws IOException {
        proxy.toServer().cutAfter(10);
        write(client, randomBytes(100));
        assertThatThrownBy(() -> {
                    while (client.getInputStream().read() >= 0) {
                        // echoes of the ten bytes may come before the reset
                    }
                    throw new IOException("end of stream");
                })
                .isInstanceOf(IOException.class);
        assertThat(proxy.toServer().forwardedBytes()).isEqualTo(10);
    }

    @Test
    void shouldResetClientsOfADeadServer() throws IOException {
        echo.close();
        try (Socket orphan = newClient()) {
            assertThat(read(orphan, 1)).as("the end of the stream").isEmpty();
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    private static Duration ofSilence() {
        return Duration.ofMillis(SILENCE_MILLIS);
    }

    private static void exchange(Socket socket) throws IOException {
        write(socket, new byte[] {1, 2, 3});
        assertThat(read(socket, 3)).containsExactly(1, 2, 3);
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            throw new IllegalStateException("could not write " + bytes.length + " bytes", e);
        }
    }

    private static byte[] read(Socket socket, int length) throws IOException {
        byte[] bytes = new byte[length];
        int read = socket.getInputStream().readNBytes(bytes, 0, length);
        return Arrays.copyOf(bytes, read);
    }

    private static byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        new Random(42).nextBytes(bytes);
        return bytes;
    }
}
