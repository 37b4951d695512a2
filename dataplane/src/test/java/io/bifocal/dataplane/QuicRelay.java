package io.bifocal.dataplane;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.host.Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Stands between one client and one server of QUIC, and reads what is not encrypted (RFC 9000). */
final class QuicRelay implements AutoCloseable {
  private static final int LONG_HEADER = 0x80;
  private static final int INITIAL = 0;
  private static final int HANDSHAKE = 2;

  /** An acknowledgement alone is shorter; a Finished with its hash is longer. */
  private static final int ROOM_OF_A_FINISHED = 56;

  private final DatagramSocket front = new DatagramSocket(0, InetAddresses.forString("127.0.0.1"));
  private final DatagramSocket back = new DatagramSocket(0, InetAddresses.forString("127.0.0.1"));
  private final AtomicInteger withheld = new AtomicInteger();
  private volatile @Nullable SocketAddress client;
  private volatile boolean withholds;
  private volatile boolean finished;

  QuicRelay(Address.Ip server) throws IOException {
    back.connect(server.socketAddress());
    start(this::toServer);
    start(this::toClient);
  }

  private static void start(Runnable way) {
    Thread thread = new Thread(way, "quic relay");
    thread.setDaemon(true);
    thread.start();
  }

  Address.Ip address() {
    return (Address.Ip) Address.of(front.getLocalSocketAddress());
  }

  void nothingBackAfterTheClientsFinished() {
    withholds = true;
  }

  /** How many datagrams the client did not get. */
  int withheld() {
    return withheld.get();
  }

  private void toServer() {
    DatagramPacket datagram = buffer();
    while (receive(front, datagram)) {
      client = datagram.getSocketAddress();
      if (withholds && hasFinished(ByteBuffer.wrap(datagram.getData(), 0, datagram.getLength()))) {
        finished = true;
      }
      send(back, new DatagramPacket(datagram.getData(), datagram.getLength()));
    }
  }

  private void toClient() {
    DatagramPacket datagram = buffer();
    while (receive(back, datagram)) {
      if (finished) {
        withheld.incrementAndGet();
      } else {
        send(front, new DatagramPacket(datagram.getData(), datagram.getLength(), client));
      }
    }
  }

  /** Whether a packet of the handshake has room for more than an acknowledgement. */
  private static boolean hasFinished(ByteBuffer datagram) {
    while (datagram.hasRemaining()) {
      int first = datagram.get() & 0xff;
      if ((first & LONG_HEADER) == 0) {
        return false;
      }
      datagram.getInt(); // the version
      skip(datagram, datagram.get());
      skip(datagram, datagram.get());
      int type = (first >> 4) & 3;
      if (type == INITIAL) {
        skip(datagram, number(datagram)); // a token
      }
      int length = number(datagram);
      if (type == HANDSHAKE && length >= ROOM_OF_A_FINISHED) {
        return true;
      }
      skip(datagram, length);
    }
    return false;
  }

  private static void skip(ByteBuffer datagram, int bytes) {
    datagram.position(datagram.position() + bytes);
  }

  /** Of variable length (RFC 9000 section 16). */
  private static int number(ByteBuffer datagram) {
    int first = datagram.get() & 0xff;
    int value = first & 0x3f;
    for (int more = (1 << (first >> 6)) - 1; more > 0; more--) {
      value = (value << 8) | (datagram.get() & 0xff);
    }
    return value;
  }

  private static DatagramPacket buffer() {
    return new DatagramPacket(new byte[65_535], 65_535);
  }

  private static boolean receive(DatagramSocket from, DatagramPacket into) {
    try {
      into.setLength(into.getData().length);
      from.receive(into);
      return true;
    } catch (IOException e) {
      return false; // closed
    }
  }

  private static void send(DatagramSocket over, DatagramPacket datagram) {
    try {
      over.send(datagram);
    } catch (IOException e) {
      if (!over.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    front.close();
    back.close();
  }
}
