package io.bifocal.dataplane.stream;

import io.netty.channel.Channel;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
import io.netty.internal.tcnative.SSL;
import io.netty.util.AttributeKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a connection's TLS once its handshake is over. What needs work is worked out
 * when it is asked for. Confined to the connection's loop.
 */
public final class TlsSession {
  private static final Base64.Encoder PEM =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
  private static final AttributeKey<String> ASKED = AttributeKey.valueOf(TlsSession.class, "asked");
  private static final AttributeKey<String> ASKED_OF_US =
      AttributeKey.valueOf(TlsSession.class, "askedOfUs");
  private static final Map<String, String> NAMES = Map.of("1.2.840.113549.1.9.1", "emailAddress");

  private static final AttributeKey<Boolean> VALIDATED =
      AttributeKey.valueOf(TlsSession.class, "validated");

  private final SSLSession session;
  private final String group;
  private final String askedFor;
  private final String askedOfUs;
  private final boolean peerValidated;
  private final List<X509Certificate> peer;
  private final List<X509Certificate> local;

  /** A kind of subject alternative name, by its number in RFC 5280, section 4.2.1.6. */
  public enum NameKind {
    EMAIL(1),
    DNS(2),
    URI(6),
    IP(7);

    private final int tag;

    NameKind(int tag) {
      this.tag = tag;
    }
  }

  TlsSession(SSLSession session) {
    this(session, "", "", "", false);
  }

  private TlsSession(
      SSLSession session, String group, String askedFor, String askedOfUs, boolean peerValidated) {
    this.session = session;
    this.group = group;
    this.askedFor = askedFor;
    this.askedOfUs = askedOfUs;
    this.peerValidated = peerValidated;
    this.peer = peerOf(session);
    this.local = certificates(session.getLocalCertificates());
  }

  /** Of a connection; null when it speaks no TLS. */
  public static @Nullable TlsSession of(Channel channel) {
    SSLEngine engine = engine(channel);
    return engine == null
        ? null
        : new TlsSession(
            engine.getSession(),
            group(engine),
            known(channel, ASKED),
            known(channel, ASKED_OF_US),
            channel.hasAttr(VALIDATED));
  }

  private static String known(Channel channel, AttributeKey<String> key) {
    return Objects.requireNonNullElse(channel.attr(key).get(), "");
  }

  private static @Nullable SSLEngine engine(Channel channel) {
    if (channel instanceof QuicChannel quic) {
      return quic.sslEngine();
    }
    SslHandler handler = channel.pipeline().get(SslHandler.class);
    return handler == null ? null : handler.engine();
  }

  /** A client is about to ask for the server of that name; empty for no name. */
  public static void askFor(String server, Channel channel) {
    if (!server.isEmpty()) {
      channel.attr(ASKED).set(server);
    }
  }

  /** A client has asked for the server of that name, of which its session does not tell. */
  public static void asked(String server, Channel channel) {
    channel.attr(ASKED_OF_US).set(server.toLowerCase(Locale.ROOT));
  }

  /** The peer's certificate was found to be one of those that are trusted. */
  public static void validated(Channel channel) {
    channel.attr(VALIDATED).set(true);
  }

  private static List<X509Certificate> peerOf(SSLSession session) {
    try {
      return certificates(session.getPeerCertificates());
    } catch (SSLPeerUnverifiedException e) {
      return List.of();
    }
  }

  private static List<X509Certificate> certificates(Certificate @Nullable [] chain) {
    List<X509Certificate> known = new ArrayList<>();
    if (chain != null) {
      for (Certificate certificate : chain) {
        if (certificate instanceof X509Certificate x509) {
          known.add(x509);
        }
      }
    }
    return List.copyOf(known);
  }

  /** {@code TLSv1.3}. */
  public String version() {
    return session.getProtocol();
  }

  public String cipher() {
    return session.getCipherSuite();
  }

  /** The group that keys were exchanged in, e.g. {@code X25519}; empty where that is not known. */
  public String group() {
    return group;
  }

  /** The same of an engine whose handshake is done. */
  public static String group(SSLEngine engine) {
    if (!(engine instanceof ReferenceCountedOpenSslEngine boringSsl)) {
      return ""; // the other libraries do not tell
    }
    try {
      return Objects.requireNonNullElse(SSL.getGroupName(boringSsl.sslPointer()), "");
    } catch (Exception e) {
      return "";
    }
  }

  /** In hexadecimal; empty where there is none. */
  public String sessionId() {
    return HexFormat.of().formatHex(session.getId());
  }

  /** The name in the handshake; empty when there was none. */
  public String serverName() {
    if (!askedOfUs.isEmpty()) {
      return askedOfUs;
    }
    if (session instanceof ExtendedSSLSession extended) {
      try {
        for (var name : extended.getRequestedServerNames()) {
          if (name instanceof SNIHostName host) {
            return host.getAsciiName().toLowerCase(Locale.ROOT);
          }
        }
      } catch (UnsupportedOperationException e) {
        return "";
      }
    }
    return "";
  }

  /** The name that this side asked for as a client; empty when it asked for none. */
  public String askedFor() {
    return askedFor;
  }

  /** The peer's chain, its own certificate first; empty when it presented none. */
  public List<X509Certificate> peerChain() {
    return peer;
  }

  /** The certificate that the peer presented. */
  public @Nullable X509Certificate peerCertificate() {
    return peer.isEmpty() ? null : peer.get(0);
  }

  /** Whether the peer presented a certificate that was judged, and found good. */
  public boolean peerValidated() {
    return peerValidated;
  }

  /** The certificate that this side presented. */
  public @Nullable X509Certificate localCertificate() {
    return local.isEmpty() ? null : local.get(0);
  }

  /** A name as RFC 2253 writes it, the most specific part first. */
  public static String text(X500Principal name) {
    return name.getName(X500Principal.RFC2253, NAMES);
  }

  /** The alternative names of one kind, in their order. */
  public static List<String> names(@Nullable X509Certificate certificate, NameKind kind) {
    List<String> found = new ArrayList<>();
    try {
      Collection<List<?>> all =
          certificate == null ? null : certificate.getSubjectAlternativeNames();
      if (all != null) {
        for (List<?> name : all) {
          if (name.get(0).equals(kind.tag)) {
            found.add(String.valueOf(name.get(1)));
          }
        }
      }
    } catch (CertificateParsingException e) {
      return List.of();
    }
    return found;
  }

  /** A certificate's digest in hexadecimal, by {@code SHA-256} or {@code SHA-1}. */
  public static String digest(X509Certificate certificate, String algorithm) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance(algorithm).digest(certificate.getEncoded()));
    } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
      return "";
    }
  }

  /** A certificate in PEM, with a newline at its end. */
  public static String pem(X509Certificate certificate) {
    try {
      return "-----BEGIN CERTIFICATE-----\n"
          + PEM.encodeToString(certificate.getEncoded())
          + "\n-----END CERTIFICATE-----\n";
    } catch (CertificateEncodingException e) {
      return "";
    }
  }

  /** When a certificate begins to be valid, in milliseconds of the epoch. */
  @SuppressWarnings("JavaUtilDate") // the JDK's certificates know no other
  public static long validFrom(X509Certificate certificate) {
    return certificate.getNotBefore().getTime();
  }

  /** When it ceases to be. */
  @SuppressWarnings("JavaUtilDate")
  public static long validUntil(X509Certificate certificate) {
    return certificate.getNotAfter().getTime();
  }

  /** A certificate's serial number in hexadecimal, whole octets. */
  public static String serial(X509Certificate certificate) {
    String hex = certificate.getSerialNumber().toString(16);
    return hex.length() % 2 == 0 ? hex : "0" + hex;
  }
}
