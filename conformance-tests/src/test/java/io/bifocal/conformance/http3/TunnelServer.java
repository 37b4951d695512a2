package io.bifocal.conformance.http3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Sends back what it gets, behind a handshake of WebSocket if there is one, until it is told to
 * quit; writes down how each connection has ended.
 */
final class TunnelServer implements AutoCloseable {
  private static final String HEAD_END = "\r\n\r\n";
  private static final String REFUSED = "GET /refuse";

  private final ServerSocket server;
  private final List<String> ends = new CopyOnWriteArrayList<>();

  TunnelServer() {
    try {
      server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread acceptor = new Thread(this::accept, "tunnel-server");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  List<String> ends() {
    return List.copyOf(ends);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread thread = new Thread(() -> serve(socket), "tunnel");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      StringBuilder head = new StringBuilder();
      byte[] bytes = new byte[10_000];
      boolean headSeen = false;
      for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
        String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        if (!headSeen) {
          head.append(text);
          if (head.indexOf("GET ") == 0 && head.indexOf(HEAD_END) < 0) {
            continue;
          }
          headSeen = true;
          text = greet(head.toString(), out);
        }
        if (head.indexOf(REFUSED) == 0) {
          continue; // an echo to who has left would break the connection off
        }
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        if (text.endsWith("quit")) {
          ends.add("quit");
          return;
        }
      }
      ends.add("ended by the client");
    } catch (IOException e) {
      ends.add("broken off by the client");
    }
  }

  /** What is behind the head, if there is one. */
  private static String greet(String head, OutputStream out) throws IOException {
    if (!head.startsWith("GET ")) {
      return head;
    }
    out.write(
        (head.startsWith(REFUSED)
                ? "HTTP/1.1 403 Forbidden\r\ncontent-length: 2" + HEAD_END + "no"
                : "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade"
                    + HEAD_END)
            .getBytes(StandardCharsets.ISO_8859_1));
    return head.substring(head.indexOf(HEAD_END) + HEAD_END.length());
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
