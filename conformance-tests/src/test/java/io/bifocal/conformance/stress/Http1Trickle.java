package io.bifocal.conformance.stress;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * By HTTP/1.1: each byte is read and written alone. The system buffers as little as it can be told.
 */
final class Http1Trickle implements Trickle {
  private static final int RECEIVE_BUFFER = 4096;
  private static final int TIMEOUT_MILLIS = 30_000;

  private final InetSocketAddress door;
  private final Socket socket = new Socket();
  private long left = -1;

  Http1Trickle(InetSocketAddress door) throws IOException {
    this.door = door;
    socket.setReceiveBufferSize(RECEIVE_BUFFER);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(door, TIMEOUT_MILLIS);
  }

  @Override
  public void post(String path, byte[] body, Runnable halfway) throws IOException {
    String head =
        body.length == 0
            ? "GET %s HTTP/1.1\r\nhost: slow\r\n\r\n".formatted(path)
            : "POST %s HTTP/1.1\r\nhost: slow\r\ncontent-length: %d\r\n\r\n"
                .formatted(path, body.length);
    OutputStream out = socket.getOutputStream();
    for (byte one : head.getBytes(StandardCharsets.ISO_8859_1)) {
      out.write(one);
    }
    for (int i = 0; i < body.length; i++) {
      if (i == body.length / 2) {
        halfway.run();
      }
      out.write(body[i]);
    }
  }

  @Override
  public int status() throws IOException {
    StringBuilder head = new StringBuilder();
    InputStream in = socket.getInputStream();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("after " + head);
      }
      head.append((char) next);
    }
    left =
        head.toString()
            .toLowerCase(Locale.ROOT)
            .lines()
            .filter(line -> line.startsWith("content-length: "))
            .mapToLong(line -> Long.parseLong(line.substring(16)))
            .findAny()
            .orElseThrow();
    return Integer.parseInt(head.substring(9, 12));
  }

  @Override
  public int read() throws IOException {
    if (left == 0) {
      return -1;
    }
    int next = socket.getInputStream().read();
    if (next < 0) {
      throw new EOFException(left + " bytes are missing");
    }
    left--;
    return next;
  }

  @Override
  public void hurry() {
    // The peer sends whatever the system takes anyway.
  }

  @Override
  public Trickle beside() throws IOException {
    return new Http1Trickle(door);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
