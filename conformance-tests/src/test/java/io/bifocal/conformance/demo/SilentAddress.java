package io.bifocal.conformance.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * An address that answers nothing: a listening socket whose backlog is full, so that the kernel
 * drops every further SYN. Needs no privilege and no firewall.
 */
public final class SilentAddress implements AutoCloseable {
  // More than the shortest backlog holds; the last ones are themselves left waiting.
  private static final int CONNECTIONS = 6;

  private final ServerSocket listening = new ServerSocket();
  private final List<SocketChannel> backlog = new ArrayList<>();

  /** Takes a free port of {@code ip} and fills its backlog. */
  public SilentAddress(InetAddress ip) throws IOException {
    listening.bind(new InetSocketAddress(ip, 0), 1);
    for (int i = 0; i < CONNECTIONS; i++) {
      SocketChannel channel = SocketChannel.open();
      channel.configureBlocking(false);
      channel.connect(address());
      backlog.add(channel);
    }
  }

  public InetSocketAddress address() {
    return (InetSocketAddress) listening.getLocalSocketAddress();
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel channel : backlog) {
      channel.close();
    }
    listening.close();
  }
}
