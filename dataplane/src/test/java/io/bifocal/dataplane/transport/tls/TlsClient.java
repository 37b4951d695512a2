package io.bifocal.dataplane.transport.tls;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** A client by the JDK's TLS, that accepts any server. */
public final class TlsClient implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  private final SSLSocket socket;

  private TlsClient(SSLSocket socket) {
    this.socket = socket;
  }

  /** What a client knows from one connection to the next. */
  public static SSLContext context(@Nullable X509Bundle own) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          own == null ? new KeyManager[0] : own.toKeyManagerFactory().getKeyManagers(),
          new TrustManager[] {new Anybody()},
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Connects and shakes hands. */
  public static TlsClient connect(
      SSLContext context, InetSocketAddress to, Consumer<SSLParameters> setting)
      throws IOException {
    Socket plain = new Socket();
    plain.setSoTimeout(PATIENCE_MILLIS);
    plain.connect(to, PATIENCE_MILLIS);
    SSLSocket tls =
        (SSLSocket) context.getSocketFactory().createSocket(plain, "server", to.getPort(), true);
    SSLParameters parameters = tls.getSSLParameters();
    setting.accept(parameters);
    tls.setSSLParameters(parameters);
    try {
      tls.startHandshake();
    } catch (IOException e) {
      tls.close();
      throw e;
    }
    return new TlsClient(tls);
  }

  /** Connects to a server of any kind, without a certificate. */
  public static TlsClient connect(InetSocketAddress to) throws IOException {
    return connect(context(null), to, p -> {});
  }

  /** Asks for that name. */
  public static Consumer<SSLParameters> sni(String name) {
    return parameters -> parameters.setServerNames(List.of(new SNIHostName(name)));
  }

  public SSLSocket socket() {
    return socket;
  }

  public SSLSession session() {
    return socket.getSession();
  }

  /** The names that the server's certificate has. */
  public String serverNames() throws Exception {
    X509Certificate server = (X509Certificate) session().getPeerCertificates()[0];
    return String.join(" ", SubjectAltName.of(server).stream().map(SubjectAltName::value).toList());
  }

  /** Sends a text to a server that echoes, and waits for it. */
  public String echo(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    socket.getOutputStream().write(bytes);
    return new String(socket.getInputStream().readNBytes(bytes.length), StandardCharsets.UTF_8);
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
