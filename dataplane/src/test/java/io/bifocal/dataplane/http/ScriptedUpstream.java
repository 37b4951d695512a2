package io.bifocal.dataplane.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on a real socket that does with each connection what the test says. */
final class ScriptedUpstream implements AutoCloseable {
  /** What to do with a connection; it is closed afterwards. */
  @FunctionalInterface
  interface Script {
    void run(Peer peer) throws IOException;
  }

  private final ServerSocket server;
  private final Script script;
  private final AtomicInteger accepted = new AtomicInteger();
  private final List<Socket> open = new CopyOnWriteArrayList<>();

  ScriptedUpstream(InetAddress address, Script script) throws IOException {
    this.script = script;
    this.server = new ServerSocket(0, 50, address);
    Thread thread = new Thread(this::accept, "upstream");
    thread.setDaemon(true);
    thread.start();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /** Connections so far. */
  int connections() {
    return accepted.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        accepted.incrementAndGet();
        open.add(socket);
        Thread thread = new Thread(() -> serve(socket), "upstream connection");
        thread.setDaemon(true);
        thread.start();
      }
    } catch (IOException closed) {
      // The end of the test.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      script.run(new Peer(socket));
    } catch (IOException gone) {
      // The proxy closed it.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  /** One end of a connection, for clients and servers alike. */
  record Peer(Socket socket) {
    InputStream in() throws IOException {
      return socket.getInputStream();
    }

    OutputStream out() throws IOException {
      return socket.getOutputStream();
    }

    void send(String text) throws IOException {
      out().write(text.getBytes(StandardCharsets.ISO_8859_1));
      out().flush();
    }

    /** A message's head, up to and with the empty line; what there was when the peer closed. */
    String head() throws IOException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      int last = 0;
      for (int b = in().read(); b >= 0; b = in().read()) {
        head.write(b);
        last = last << 8 | b;
        if (last == 0x0D0A0D0A) {
          break;
        }
      }
      return head.toString(StandardCharsets.ISO_8859_1);
    }

    String body(int length) throws IOException {
      return new String(in().readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    /** Everything until the peer closes. */
    String rest() throws IOException {
      return new String(in().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** A head, and the body that its content-length announces. */
    String message() throws IOException {
      String head = head();
      for (String line : head.split("\r\n")) {
        if (line.startsWith("content-length: ")) {
          return head + body(Integer.parseInt(line.substring(16)));
        }
      }
      return head;
    }

    /** Closes so that the other side sees a reset. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }
}
