package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.host.Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * An address that answers nothing at all, without privileges: a listening socket whose queue is
 * full, so that the kernel drops every further SYN.
 */
public final class SilentServer implements AutoCloseable {
  private static final int ENOUGH = 16;
  private static final int NO_ANSWER_MILLIS = 100;

  private final ServerSocketChannel server = ServerSocketChannel.open();
  private final List<SocketChannel> queue = new ArrayList<>();

  public SilentServer(InetAddress ip) throws IOException {
    server.bind(new InetSocketAddress(ip, 0), 1);
    while (connects()) {
      if (queue.size() > ENOUGH) {
        throw new IOException("the queue of a listening socket does not fill up");
      }
    }
  }

  private boolean connects() throws IOException {
    SocketChannel client = SocketChannel.open();
    queue.add(client);
    client.configureBlocking(false);
    if (client.connect(server.getLocalAddress())) {
      return true;
    }
    try (Selector selector = Selector.open()) {
      client.register(selector, SelectionKey.OP_CONNECT);
      return selector.select(NO_ANSWER_MILLIS) > 0 && client.finishConnect();
    }
  }

  public Address address() throws IOException {
    return Address.of(server.getLocalAddress());
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel client : queue) {
      client.close();
    }
    server.close();
  }
}
