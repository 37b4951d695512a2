package io.bifocal.conformance;

import com.google.common.net.InetAddresses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP/1.1 upstream that answers every request with one body, and remembers when connections
 * came.
 */
public final class Backend implements AutoCloseable {
  private final ServerSocket server;
  private final String body;
  private final List<Long> accepts = new CopyOnWriteArrayList<>();
  private final List<String> peers = new CopyOnWriteArrayList<>();
  private final AtomicInteger requests = new AtomicInteger();
  private volatile CountDownLatch paused = new CountDownLatch(0);
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private Backend(ServerSocket server, String body) {
    this.server = server;
    this.body = body;
  }

  /** On a loopback address, with an ephemeral port. */
  public static Backend start(String address, String body) {
    return start(address, 0, body);
  }

  /** On a loopback address and this port. */
  public static Backend start(String address, int port, String body) {
    try {
      ServerSocket server = new ServerSocket(port, 128, InetAddress.getByName(address));
      Backend backend = new Backend(server, body);
      daemon(backend::accept);
      return backend;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /** From now on requests wait for their answer until {@link #resume}. */
  public void pause() {
    paused = new CountDownLatch(1);
  }

  /** Answers what waits. */
  public void resume() {
    paused.countDown();
  }

  /** How many requests have come, answered or not. */
  public int requests() {
    return requests.get();
  }

  /** The {@link System#nanoTime()} of every connection accepted so far. */
  public List<Long> accepts() {
    return List.copyOf(accepts);
  }

  /** Where every connection accepted so far came from, without its port. */
  public List<String> peers() {
    return List.copyOf(peers);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        accepts.add(System.nanoTime());
        peers.add(InetAddresses.toAddrString(socket.getInetAddress()));
        open.add(socket);
        daemon(() -> serve(socket));
      } catch (IOException e) {
        // Closed: the loop ends.
      }
    }
  }

  private void serve(Socket socket) {
    byte[] response =
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%s"
            .formatted(body.length(), body)
            .getBytes(StandardCharsets.ISO_8859_1);
    try (socket) {
      int matched = 0;
      int read = socket.getInputStream().read();
      while (read >= 0) {
        matched = read == "\r\n\r\n".charAt(matched) ? matched + 1 : read == '\r' ? 1 : 0;
        if (matched == 4) {
          requests.incrementAndGet();
          paused.await();
          socket.getOutputStream().write(response);
          matched = 0;
        }
        read = socket.getInputStream().read();
      }
    } catch (IOException | InterruptedException e) {
      // The peer went away: nothing is left to answer.
    } finally {
      open.remove(socket);
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "backend");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    paused.countDown();
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
