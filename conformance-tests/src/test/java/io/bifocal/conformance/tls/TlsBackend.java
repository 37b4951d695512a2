package io.bifocal.conformance.tls;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** An upstream that speaks TLS, well or badly, and answers every request with one body. */
final class TlsBackend implements AutoCloseable {
  private static final byte[] RESPONSE =
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".getBytes(StandardCharsets.ISO_8859_1);

  private final ServerSocket server;
  private final Manner manner;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /** What it does with a connection. */
  @FunctionalInterface
  interface Manner {
    void with(Socket client) throws Exception;
  }

  private TlsBackend(ServerSocket server, Manner manner) {
    this.server = server;
    this.manner = manner;
  }

  static TlsBackend start(String address, Manner manner) {
    try {
      TlsBackend backend =
          new TlsBackend(new ServerSocket(0, 128, InetAddress.getByName(address)), manner);
      daemon(backend::accept);
      return backend;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Shakes hands and answers. */
  static Manner serving(X509Bundle own) {
    return serving(own, null, tls -> {});
  }

  /** Shakes hands, so often again when it has heard a request, and answers. */
  static Manner shakingHandsAgain(X509Bundle own, int times) {
    return serving(own, null, tls -> {}, tls -> answerAfter(tls, times));
  }

  /**
   * Shakes hands and answers.
   *
   * @param trusted who may have signed the client's certificate, which is then needed; or null
   */
  static Manner serving(X509Bundle own, @Nullable X509Bundle trusted, Consumer<SSLSocket> setting) {
    return serving(own, trusted, setting, TlsBackend::answer);
  }

  private interface Talk {
    void with(SSLSocket client) throws IOException;
  }

  private static Manner serving(
      X509Bundle own, @Nullable X509Bundle trusted, Consumer<SSLSocket> setting, Talk talk) {
    SSLContext context = context(own, trusted);
    return client -> {
      SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(client, null, 0, true);
      tls.setUseClientMode(false);
      tls.setNeedClientAuth(trusted != null);
      setting.accept(tls);
      tls.startHandshake();
      talk.with(tls);
    };
  }

  private static SSLContext context(X509Bundle own, @Nullable X509Bundle trusted) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          own.toKeyManagerFactory().getKeyManagers(),
          trusted == null ? null : new TrustManager[] {trusted.toTrustManager()},
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static void answer(SSLSocket client) throws IOException {
    while (hearRequest(client)) {
      client.getOutputStream().write(RESPONSE);
    }
  }

  private static boolean hearRequest(SSLSocket client) throws IOException {
    InputStream in = client.getInputStream();
    int last = 0;
    for (int c = in.read(); c >= 0; c = in.read()) {
      last = (last << 8) | c;
      if (last == 0x0D0A0D0A) {
        return true;
      }
    }
    return false;
  }

  private static void answerAfter(SSLSocket client, int handshakes) throws IOException {
    AtomicInteger wanted = new AtomicInteger(handshakes);
    client.addHandshakeCompletedListener(
        done -> {
          try {
            if (wanted.decrementAndGet() > 0) {
              client.startHandshake();
            } else {
              client.getOutputStream().write(RESPONSE);
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    if (hearRequest(client)) {
      client.startHandshake(); // asks, and does not wait
      var unused = hearRequest(client);
    }
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        open.add(client);
        daemon(() -> serve(client));
      } catch (IOException e) {
        // Closed: the loop ends.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      manner.with(client);
    } catch (Exception e) {
      // The peer went away, as many of them do here.
    } finally {
      open.remove(client);
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "tls-backend");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
