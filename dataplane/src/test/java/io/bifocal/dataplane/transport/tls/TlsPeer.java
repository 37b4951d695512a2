package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.host.Address;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** A server that the tests talk to, by the JDK's TLS or whatever else it does to a connection. */
public final class TlsPeer implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  private final ServerSocket server;
  private final Conversation conversation;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
  private final List<Socket> accepted = new CopyOnWriteArrayList<>();

  /** What a server does with one connection, on a thread of its own. */
  @FunctionalInterface
  public interface Conversation {
    void with(Socket client) throws Exception;
  }

  private TlsPeer(ServerSocket server, Conversation conversation) {
    this.server = server;
    this.conversation = conversation;
  }

  /** One that does not even begin with TLS, unless {@code conversation} does. */
  public static TlsPeer raw(InetAddress ip, Conversation conversation) throws IOException {
    TlsPeer peer = new TlsPeer(new ServerSocket(0, 50, ip), conversation);
    daemon(peer::accept);
    return peer;
  }

  /** One that shakes hands with this certificate and then has the conversation. */
  public static TlsPeer serving(InetAddress ip, X509Bundle own, Conversation conversation)
      throws IOException {
    return serving(ip, own, null, socket -> {}, conversation);
  }

  /**
   * The same, with a say in the handshake.
   *
   * @param trusted who may have signed the client's certificate, which is then needed; or null
   */
  public static TlsPeer serving(
      InetAddress ip,
      X509Bundle own,
      @Nullable X509Bundle trusted,
      java.util.function.Consumer<SSLSocket> setting,
      Conversation conversation)
      throws IOException {
    SSLContext context = context(own, trusted);
    return raw(
        ip,
        client -> {
          SSLSocket tls =
              (SSLSocket) context.getSocketFactory().createSocket(client, null, 0, true);
          tls.setUseClientMode(false);
          tls.setNeedClientAuth(trusted != null);
          SSLParameters parameters = tls.getSSLParameters();
          tls.setHandshakeApplicationProtocolSelector(
              (socket, offered) -> offered.isEmpty() ? "" : offered.get(0));
          tls.setSSLParameters(parameters);
          setting.accept(tls);
          tls.startHandshake();
          conversation.with(tls);
        });
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

  public Address address() {
    return Address.of(server.getLocalSocketAddress());
  }

  public int port() {
    return server.getLocalPort();
  }

  /** How the connections ended: empty when all went well, else what went wrong. */
  public BlockingQueue<String> ends() {
    return ends;
  }

  public List<Socket> accepted() {
    return accepted;
  }

  /** Ends all connections that there are. */
  public void closeConnections() throws IOException {
    for (Socket socket : open) {
      socket.shutdownOutput();
      socket.close();
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        client.setSoTimeout(PATIENCE_MILLIS);
        accepted.add(client);
        open.add(client);
        daemon(() -> converse(client));
      } catch (IOException e) {
        // closed
      }
    }
  }

  private void converse(Socket client) {
    try (client) {
      conversation.with(client);
      ends.add("");
    } catch (Exception e) {
      ends.add(String.valueOf(e.getMessage()));
    } finally {
      open.remove(client);
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "tls-peer");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      server.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
