package io.bifocal.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * An address that neither accepts nor refuses: a listening socket whose backlog is full, so that
 * the kernel drops every further SYN. No root is needed.
 */
public final class SilentAddress implements AutoCloseable {
  private static final int MOST_FILLERS = 32;
  private static final int SILENCE_MILLIS = 200;

  private final ServerSocket server;
  private final List<Socket> fillers = new ArrayList<>();

  private SilentAddress(ServerSocket server) {
    this.server = server;
  }

  /** On a loopback address, with an ephemeral port. */
  public static SilentAddress open(String address) {
    return open(address, 0);
  }

  /** On a loopback address and this port. */
  public static SilentAddress open(String address, int port) {
    try {
      SilentAddress silent =
          new SilentAddress(new ServerSocket(port, 1, InetAddress.getByName(address)));
      silent.fill();
      return silent;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void fill() throws IOException {
    while (fillers.size() < MOST_FILLERS) {
      Socket filler = new Socket();
      try {
        filler.connect(address(), SILENCE_MILLIS);
        fillers.add(filler);
      } catch (SocketTimeoutException e) {
        filler.close();
        return;
      }
    }
    close();
    throw new IOException("the backlog does not fill up: this kernel keeps accepting");
  }

  public InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  @Override
  public void close() throws IOException {
    for (Socket filler : fillers) {
      filler.close();
    }
    server.close();
  }
}
