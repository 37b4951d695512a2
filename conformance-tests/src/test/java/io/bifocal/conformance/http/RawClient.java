package io.bifocal.conformance.http;

import io.bifocal.conformance.Proxy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;

/** Sends bytes as they are, and takes what comes. */
final class RawClient {
  private static final int FIRST_MILLIS = 10_000;
  private static final int QUIET_MILLIS = 150;

  /** How often that is borne while a request is under way: some never end. */
  private static final int MOST_SILENCES = 8;

  private RawClient() {}

  /**
   * What came back until nothing more did.
   *
   * @param bytes as ISO 8859-1
   * @param closed whether the other end closed the connection
   */
  record Answer(String bytes, boolean closed) {}

  /** One connection; it is left open until the other end closes it, or falls silent. */
  static Answer send(InetSocketAddress address, String bytes) {
    return send(address, bytes, () -> false);
  }

  /** The same to the only one who asks a proxy: silence while it is busy is not yet the end. */
  static Answer send(Proxy proxy, InetSocketAddress address, String bytes) {
    return send(address, bytes, () -> proxy.stat("http.ingress.downstream_rq_active") > 0);
  }

  private static Answer send(InetSocketAddress address, String bytes, BooleanSupplier busy) {
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(FIRST_MILLIS);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      return read(socket, busy);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Answer read(Socket socket, BooleanSupplier busy) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    InputStream in = socket.getInputStream();
    byte[] part = new byte[65536];
    boolean last = true; // whether silence is the end: nobody was busy before it
    int silences = 0;
    while (true) {
      try {
        int read = in.read(part);
        if (read < 0) {
          return answer(all, true);
        }
        all.write(part, 0, read);
        socket.setSoTimeout(QUIET_MILLIS);
        last = !busy.getAsBoolean();
      } catch (SocketTimeoutException e) {
        if (last || ++silences == MOST_SILENCES) {
          return answer(all, false);
        }
        last = !busy.getAsBoolean();
      } catch (IOException e) {
        // Reset: what it closed with, unread bytes, is not the question.
        return answer(all, true);
      }
    }
  }

  private static Answer answer(ByteArrayOutputStream all, boolean closed) {
    return new Answer(all.toString(StandardCharsets.ISO_8859_1), closed);
  }
}
