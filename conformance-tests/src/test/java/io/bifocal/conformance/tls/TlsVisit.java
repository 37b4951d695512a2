package io.bifocal.conformance.tls;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A client that shows its certificate if it has one, accepts any server, and asks on one
 * connection.
 */
final class TlsVisit implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  /** Each is a tenth of a second's work; sessions are no part of it. */
  private static final Map<X509Bundle, KeyManager[]> KEYS = new ConcurrentHashMap<>();

  private final SSLSocket socket;

  private TlsVisit(SSLSocket socket) {
    this.socket = socket;
  }

  /** One with this certificate; null for none. */
  static TlsVisit to(InetSocketAddress server, @Nullable X509Bundle own) throws IOException {
    return to(server, client(own));
  }

  /** What a client with this certificate knows from one visit to the next. */
  static SSLContext client(@Nullable X509Bundle own) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          own == null ? null : KEYS.computeIfAbsent(own, TlsVisit::keys),
          new TrustManager[] {new Anybody()},
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** By a client that may have been there before. */
  static TlsVisit to(InetSocketAddress server, SSLContext context) throws IOException {
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket();
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(server, PATIENCE_MILLIS);
    try {
      socket.startHandshake();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    return new TlsVisit(socket);
  }

  private static KeyManager[] keys(X509Bundle own) {
    try {
      return own.toKeyManagerFactory().getKeyManagers();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** The names that the server's certificate has. */
  String serverNames() throws Exception {
    X509Certificate server = (X509Certificate) socket.getSession().getPeerCertificates()[0];
    return String.valueOf(server.getSubjectAlternativeNames());
  }

  /** Asks once more, and answers with the response's first line. */
  String again() throws IOException {
    String head = head("");
    return head.substring(0, head.indexOf("\r\n"));
  }

  /** The same with further lines in the request's head, and the response's head. */
  String head(String lines) throws IOException {
    String request = "GET / HTTP/1.1\r\nhost: test\r\n" + lines + "\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    StringBuilder head = new StringBuilder();
    InputStream in = socket.getInputStream();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the server closed");
      }
      head.append((char) next);
    }
    int at = head.indexOf("content-length: ") + "content-length: ".length();
    var unused =
        in.readNBytes(Integer.parseInt(head.substring(at, head.indexOf("\r\n", at)).strip()));
    return head.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
