package io.bifocal.conformance.tcp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** One end of a connection. */
final class Talk implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  private final Socket socket;

  Talk(InetSocketAddress address) {
    this(connected(address));
  }

  Talk(Socket socket) {
    this.socket = socket;
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MILLIS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Socket connected(InetSocketAddress address) {
    try {
      Socket socket = new Socket();
      socket.connect(address, PATIENCE_MILLIS);
      return socket;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its own. */
  int port() {
    return socket.getLocalPort();
  }

  /** Its own, in digits. */
  String address() {
    return socket.getLocalAddress().getHostAddress();
  }

  /** The peer's. */
  int peerPort() {
    return socket.getPort();
  }

  static byte[] bytes(String latin) {
    return latin.getBytes(StandardCharsets.ISO_8859_1);
  }

  Talk say(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Talk say(String latin) {
    return say(bytes(latin));
  }

  Talk endOutput() {
    try {
      socket.shutdownOutput();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What comes next, up to that many bytes or the end; {@code closed} is added at an end. */
  String hear(int bytes) {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    try {
      while (heard.size() < bytes) {
        int next = socket.getInputStream().read();
        if (next < 0) {
          return text(heard) + "<closed>";
        }
        heard.write(next);
      }
    } catch (SocketTimeoutException e) {
      return text(heard) + "<silence>";
    } catch (IOException e) {
      return text(heard) + "<closed>"; // by a reset: whose bytes were still under way is chance
    }
    return text(heard);
  }

  private static String text(ByteArrayOutputStream heard) {
    return heard.toString(StandardCharsets.ISO_8859_1);
  }

  /** Closes it; harmless before {@link #close}. */
  void leave() {
    close();
  }

  /** Ends without a good-bye. */
  void reset() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What comes until the other side closes. */
  String hearAll() {
    return hear(Integer.MAX_VALUE);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
