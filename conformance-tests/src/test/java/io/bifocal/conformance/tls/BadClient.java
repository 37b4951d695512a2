package io.bifocal.conformance.tls;

import io.netty.pkitesting.X509Bundle;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** A client that may be bad, and tells what it heard. */
@FunctionalInterface
interface BadClient {
  int PATIENCE_MILLIS = 15_000;
  byte[] REQUEST = "GET / HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  Pattern ALERT = Pattern.compile("Received fatal alert: ([a-z_]+)");

  /** Visits, and tells how that ended. */
  String visit(InetSocketAddress server) throws Exception;

  /** Shakes hands with this certificate, whoever is asked for, and asks for nothing. */
  static BadClient showing(@Nullable X509Bundle own, String version) {
    return shaking(own, p -> p.setProtocols(new String[] {version}), false);
  }

  /** Shakes hands, asks once and hears the answer. */
  static BadClient asking(@Nullable X509Bundle own, Consumer<SSLParameters> setting) {
    return shaking(own, setting, true);
  }

  /**
   * Shakes hands by the JDK's TLS.
   *
   * @param asks whether a request follows; a refused client should not send what is never read
   */
  static BadClient shaking(
      @Nullable X509Bundle own, Consumer<SSLParameters> setting, boolean asks) {
    return server -> {
      try (SSLSocket tls = begin(context(own, new Anybody()), server, setting)) {
        return "%s %s%s%s: %s"
            .formatted(
                tls.getSession().getProtocol(),
                tls.getSession().getCipherSuite(),
                tls.getApplicationProtocol().isEmpty() ? "" : " " + tls.getApplicationProtocol(),
                isStapled(tls) ? " with the status" : "",
                asks ? ask(tls) : listen(tls));
      } catch (IOException e) {
        return ending(e);
      }
    };
  }

  /** Shakes hands, and again on the same connection. */
  static BadClient renegotiating() {
    return server -> {
      try (SSLSocket tls =
          begin(
              context(null, new Anybody()),
              server,
              p -> p.setProtocols(new String[] {"TLSv1.2"}))) {
        tls.startHandshake();
        return ask(tls);
      } catch (IOException e) {
        return ending(e);
      }
    };
  }

  /** Asks, and resets the connection after the answer. */
  static BadClient resetting() {
    return server -> {
      Socket plain = connect(server);
      String answer = ask(over(plain, context(null, new Anybody()), p -> {}));
      plain.setSoLinger(true, 0);
      plain.close();
      return answer;
    };
  }

  /** Asks, and says then what nobody has encrypted. */
  static BadClient garbling() {
    return server -> {
      try (Socket plain = connect(server)) {
        SSLSocket tls =
            over(
                plain, context(null, new Anybody()), p -> p.setProtocols(new String[] {"TLSv1.2"}));
        String answer = ask(tls);
        plain.getOutputStream().write(HexFormat.of().parseHex("1703030020" + "ab".repeat(32)));
        return answer + ", " + listen(tls);
      } catch (IOException e) {
        return ending(e);
      }
    };
  }

  /** Accepts no server. */
  static BadClient distrustful(String version) {
    return server -> {
      try (SSLSocket tls =
          begin(context(null, new Nobody()), server, p -> p.setProtocols(new String[] {version}))) {
        return "trusted " + tls.getSession();
      } catch (IOException e) {
        return String.valueOf(e.getMessage()).contains("nobody is trusted")
            ? "refused the server"
            : ending(e);
      }
    };
  }

  /** Says these bytes, in hexadecimal, then no more, and hears what comes. */
  static BadClient saying(String hex) {
    return plain(
        socket -> {
          socket.getOutputStream().write(HexFormat.of().parseHex(hex.replace(" ", "")));
          socket.shutdownOutput();
        });
  }

  /** The same, but leaves the connection open. */
  static BadClient sayingAndWaiting(String hex) {
    return plain(
        socket -> socket.getOutputStream().write(HexFormat.of().parseHex(hex.replace(" ", ""))));
  }

  static BadClient saying(byte[] text) {
    return sayingAndWaiting(HexFormat.of().formatHex(text));
  }

  /** Hears the server's first message and leaves. */
  static BadClient leavingAfter(String hex) {
    return plain(
        socket -> {
          socket.getOutputStream().write(HexFormat.of().parseHex(hex.replace(" ", "")));
          if (socket.getInputStream().read() != 0x16) {
            throw new IOException("no handshake came");
          }
          socket.shutdownOutput();
        });
  }

  /** Hears the server's first message and resets the connection. */
  static BadClient resettingAfter(String hex) {
    return server -> {
      Socket socket = connect(server);
      socket.getOutputStream().write(HexFormat.of().parseHex(hex.replace(" ", "")));
      int first = socket.getInputStream().read();
      socket.setSoLinger(true, 0);
      socket.close();
      return "heard " + first;
    };
  }

  /** What it does before it listens. */
  @FunctionalInterface
  interface Manner {
    void with(Socket socket) throws IOException;
  }

  static BadClient plain(Manner manner) {
    return server -> {
      try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
        socket.setSoTimeout(PATIENCE_MILLIS);
        manner.with(socket);
        return heard(socket.getInputStream());
      } catch (IOException e) {
        return ending(e);
      }
    };
  }

  private static boolean isStapled(SSLSocket tls) {
    return tls.getSession() instanceof ExtendedSSLSession session
        && !session.getStatusResponses().isEmpty()
        && session.getStatusResponses().get(0).length > 0;
  }

  private static String heard(InputStream in) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String end = "closed";
    try {
      in.transferTo(bytes);
    } catch (SocketException e) {
      end = "closed"; // what was not read turns a close to a reset
    }
    byte[] all = bytes.toByteArray();
    if (all.length == 7 && all[0] == 0x15) {
      return "alert " + all[5] + " " + all[6] + " " + end;
    }
    return (all.length == 0 ? "" : "something ") + end;
  }

  private static SSLSocket begin(
      SSLContext context, InetSocketAddress server, Consumer<SSLParameters> setting)
      throws IOException {
    return over(connect(server), context, setting);
  }

  private static Socket connect(InetSocketAddress server) throws IOException {
    Socket plain = new Socket();
    plain.setSoTimeout(PATIENCE_MILLIS);
    plain.connect(server, PATIENCE_MILLIS);
    return plain;
  }

  private static SSLSocket over(Socket plain, SSLContext context, Consumer<SSLParameters> setting)
      throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(plain, null, plain.getPort(), true);
    SSLParameters parameters = socket.getSSLParameters();
    setting.accept(parameters);
    socket.setSSLParameters(parameters);
    try {
      socket.startHandshake();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    return socket;
  }

  private static String ask(SSLSocket tls) throws IOException {
    tls.getOutputStream().write(REQUEST);
    StringBuilder head = new StringBuilder();
    InputStream in = tls.getInputStream();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return "closed";
      }
      head.append((char) next);
    }
    return head.substring(0, head.indexOf("\r\n"));
  }

  private static String listen(SSLSocket tls) throws IOException {
    return tls.getInputStream().read() < 0 ? "closed" : "something";
  }

  private static String ending(IOException e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      Matcher alert = ALERT.matcher(String.valueOf(t.getMessage()));
      if (alert.find()) {
        return "alert " + alert.group(1);
      }
    }
    if (e instanceof SocketTimeoutException) {
      return "nothing came";
    }
    if (e instanceof EOFException
        || e instanceof SocketException
        || e.getCause() instanceof EOFException
        || e.getCause() instanceof SocketException
        || (e instanceof SSLException && String.valueOf(e.getMessage()).contains("closed"))) {
      return "closed";
    }
    return e.toString();
  }

  private static SSLContext context(@Nullable X509Bundle own, X509TrustManager trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          own == null ? new KeyManager[0] : new KeyManager[] {new Shameless(own)},
          new TrustManager[] {trust},
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Shows its certificate to whomever, whether its issuer is asked for or not. */
  final class Shameless extends X509ExtendedKeyManager {
    private final X509Bundle own;

    Shameless(X509Bundle own) {
      this.own = own;
    }

    @Override
    public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {"own"};
    }

    @Override
    public String chooseClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return "own";
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return own.getCertificatePath();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return own.getKeyPair().getPrivate();
    }
  }

  /** Trusts any server. */
  class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      checkServerTrusted(chain, authType);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  /** Trusts no server. */
  final class Nobody extends Anybody {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      throw new CertificateException("nobody is trusted");
    }
  }
}
