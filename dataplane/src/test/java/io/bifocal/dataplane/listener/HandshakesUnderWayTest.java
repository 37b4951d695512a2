package io.bifocal.dataplane.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.listener.initial.InitialPackets;
import io.bifocal.dataplane.worker.Transport;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients who say hello, prove their address where they must, and go no further. */
class HandshakesUnderWayTest {
  private static final InetAddress HERE = InetAddresses.forString("127.0.0.1");
  private static final String STATS = "listener.quic.quic.";

  private final ListenerFixture proxy = new ListenerFixture(Transport.best(), 1).started();

  @AfterEach
  void close() {
    proxy.close();
  }

  @Test
  void beyondTheMostOfThemNobodyIsLetInUntilThereIsRoom() throws Exception {
    int port = listen();
    Client first = new Client(port);
    assertThat(first.begins()).isTrue();
    for (int i = 1; i < QuicPort.MOST_HANDSHAKES; i++) {
      try (Client client = new Client(port)) {
        assertThat(client.begins()).as("client %d", i).isTrue();
      }
    }
    assertThat(proxy.gauge(STATS + "handshakes_active")).isEqualTo(QuicPort.MOST_HANDSHAKES);
    assertThat(proxy.counter(STATS + "retries"))
        .isGreaterThanOrEqualTo(QuicPort.MOST_HANDSHAKES - QuicPort.PROVED_FROM);
    assertThat(proxy.counter(STATS + "handshakes_refused")).isZero();

    try (Client late = new Client(port);
        Client next = new Client(port)) {
      assertThat(late.heard()).isEqualTo(Client.RETRY);
      until(late::hello, () -> proxy.counter(STATS + "handshakes_refused") > 0);
      assertThat(proxy.gauge(STATS + "handshakes_active")).isEqualTo(QuicPort.MOST_HANDSHAKES);

      until(
          first::farewell,
          () -> proxy.gauge(STATS + "handshakes_active") < QuicPort.MOST_HANDSHAKES);
      assertThat(next.begins()).as("there is room").isTrue();
    } finally {
      first.close();
    }
  }

  /** What is lost is said again. */
  private static void until(Saying again, BooleanSupplier done) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              again.say();
              return done.getAsBoolean();
            });
  }

  @FunctionalInterface
  private interface Saying {
    void say() throws IOException;
  }

  private int listen() throws Exception {
    return QuicGreeter.listen(proxy, "crypto_handshake_timeout: 300s");
  }

  private static final class Client implements AutoCloseable {
    static final int RETRY = 0xf0;

    private static final int FORM_AND_TYPE = 0xf0;
    private static final int INITIAL = 0xc0;
    private static final int TAG = 16;
    private static final int TRIES = 60;

    private final DatagramSocket socket = new DatagramSocket(0, HERE);
    private byte[] id = new byte[8];
    private byte[] token = {};

    Client(int port) throws IOException {
      ThreadLocalRandom.current().nextBytes(id);
      socket.connect(HERE, port);
      socket.setSoTimeout(1000);
    }

    void hello() throws IOException {
      send(InitialPackets.hello(id, token));
    }

    void farewell() throws IOException {
      send(InitialPackets.farewell(id, token));
    }

    private void send(byte[] packet) throws IOException {
      socket.send(new DatagramPacket(packet, packet.length));
    }

    /** Whether a handshake begins. */
    boolean begins() throws IOException {
      int kind = heard();
      return (kind == RETRY ? heard() : kind) == INITIAL;
    }

    /** Says hello until something comes: its kind, or 0 when nothing does. */
    int heard() throws IOException {
      DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
      for (int i = 0; i < TRIES; i++) {
        hello();
        try {
          socket.receive(packet);
        } catch (SocketTimeoutException e) {
          continue;
        }
        ByteBuffer in = ByteBuffer.wrap(packet.getData(), 0, packet.getLength());
        int kind = in.get() & FORM_AND_TYPE;
        if (kind == RETRY) {
          prove(in.position(5));
        }
        return kind;
      }
      return 0;
    }

    /** From now on it brings what shows that it is at its address. */
    private void prove(ByteBuffer retry) {
      bytes(retry, retry.get());
      id = bytes(retry, retry.get());
      token = bytes(retry, retry.remaining() - TAG);
    }

    private static byte[] bytes(ByteBuffer in, int length) {
      byte[] bytes = new byte[length];
      in.get(bytes);
      return bytes;
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
