package io.bifocal.conformance.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** Sends bytes as they are, and takes what comes. */
final class RawClient {
  private static final int FIRST_MILLIS = 10_000;
  private static final int QUIET_MILLIS = 150;

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
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(FIRST_MILLIS);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      return read(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Answer read(Socket socket) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    InputStream in = socket.getInputStream();
    byte[] part = new byte[65536];
    boolean closed = false;
    try {
      for (int read = in.read(part); read >= 0; read = in.read(part)) {
        all.write(part, 0, read);
        socket.setSoTimeout(QUIET_MILLIS);
      }
      closed = true;
    } catch (SocketTimeoutException e) {
      // Silent: that was all.
    } catch (IOException e) {
      // Reset: what it closed with, unread bytes, is not the question.
      closed = true;
    }
    return new Answer(all.toString(StandardCharsets.ISO_8859_1), closed);
  }
}
