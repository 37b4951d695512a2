package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.transport.tls.Stapling.StapleMissingException;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Why TLS failed, in the words that Envoy takes from BoringSSL's stack of errors. */
final class TlsErrors {
  private static final int SSL_LIBRARY = 16 << 24;
  private static final int SYSTEM_LIBRARY = 2 << 24;
  private static final int CERTIFICATE_VERIFY_FAILED = 125;
  private static final int WRONG_VERSION_NUMBER = 247;
  private static final int PEER_DID_NOT_RETURN_A_CERTIFICATE = 192;
  private static final int ENCRYPTED_LENGTH_TOO_LONG = 146;
  private static final int HTTPS_PROXY_REQUEST = 155;
  private static final int HTTP_REQUEST = 156;
  private static final String NO_CERTIFICATE = "PEER_DID_NOT_RETURN_A_CERTIFICATE";
  private static final int NO_RENEGOTIATION = 182;
  private static final int CONNECTION_REJECTED = 133;
  private static final int FIRST_ALERT = 1000;

  private static final Pattern BORINGSSL =
      Pattern.compile("error:([0-9a-f]+):([^:]*):([^:]*):([A-Za-z0-9_ ]+)");
  private static final Pattern ALERT = Pattern.compile("Received fatal alert: ([a-z_]+)");

  private static final Map<String, Integer> ERRNO =
      Map.of("Connection reset by peer", 104, "Broken pipe", 32);

  /**
   * By the JDK's names: the number (RFC 8446 section 6) and which of its prefixes BoringSSL has.
   */
  private enum Alert {
    UNEXPECTED_MESSAGE(10, "SSLV3"),
    BAD_RECORD_MAC(20, "SSLV3"),
    RECORD_OVERFLOW(22, "TLSV1"),
    DECOMPRESSION_FAILURE(30, "SSLV3"),
    HANDSHAKE_FAILURE(40, "SSLV3"),
    NO_CERTIFICATE(41, "SSLV3"),
    BAD_CERTIFICATE(42, "SSLV3"),
    UNSUPPORTED_CERTIFICATE(43, "SSLV3"),
    CERTIFICATE_REVOKED(44, "SSLV3"),
    CERTIFICATE_EXPIRED(45, "SSLV3"),
    CERTIFICATE_UNKNOWN(46, "SSLV3"),
    ILLEGAL_PARAMETER(47, "SSLV3"),
    UNKNOWN_CA(48, "TLSV1"),
    ACCESS_DENIED(49, "TLSV1"),
    DECODE_ERROR(50, "TLSV1"),
    DECRYPT_ERROR(51, "TLSV1"),
    PROTOCOL_VERSION(70, "TLSV1"),
    INSUFFICIENT_SECURITY(71, "TLSV1"),
    INTERNAL_ERROR(80, "TLSV1"),
    UNSUPPORTED_EXTENSION(110, "TLSV1"),
    UNRECOGNIZED_NAME(112, "TLSV1"),
    CERTIFICATE_REQUIRED(116, "TLSV1"),
    NO_APPLICATION_PROTOCOL(120, "TLSV1");

    private final int number;
    private final String prefix;

    Alert(int number, String prefix) {
      this.number = number;
      this.prefix = prefix;
    }

    static @Nullable Alert of(String name) {
      for (Alert alert : values()) {
        if (alert.name().equalsIgnoreCase(name)) {
          return alert;
        }
      }
      return null;
    }
  }

  private TlsErrors() {}

  /** Whether {@code ssl.connection_error} counts it: others are counted where they are found. */
  static boolean isProtocolError(Throwable cause) {
    return find(cause, SSLException.class) != null
        && find(cause, PeerRejectedException.class) == null
        && !isEnd(cause);
  }

  /** Whether the peer ended the connection, with or without saying so, before it was ready. */
  private static boolean isEnd(Throwable cause) {
    return find(cause, ClosedChannelException.class) != null
        || says(cause, "SSL_HANDSHAKE_FAILURE", "Received close_notify during handshake");
  }

  private static boolean says(Throwable cause, String... either) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      String message = String.valueOf(t.getMessage());
      for (String part : either) {
        if (message.contains(part)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a client showed no certificate where one is wanted, in either library's words. */
  static boolean isWithoutCertificate(Throwable cause) {
    return says(cause, NO_CERTIFICATE, "Empty client certificate chain");
  }

  /** Empty when the peer closed without a word. */
  static String text(Throwable cause) {
    return text(cause, "");
  }

  /**
   * The same.
   *
   * @param first the first bytes of a client that may not speak TLS at all, or empty
   */
  static String text(Throwable cause, String first) {
    PeerRejectedException rejected = find(cause, PeerRejectedException.class);
    if (rejected != null) {
      return error(
          SSL_LIBRARY | CERTIFICATE_VERIFY_FAILED,
          "SSL routines",
          String.valueOf(rejected.getMessage()).isEmpty()
              ? "CERTIFICATE_VERIFY_FAILED"
              : "CERTIFICATE_VERIFY_FAILED:" + rejected.getMessage());
    }
    if (isEnd(cause)) {
      return "";
    }
    String ofNetty = ofNetty(cause, first);
    if (ofNetty != null) {
      return ofNetty;
    }
    for (Throwable t = cause; t != null; t = t.getCause()) {
      String known = known(String.valueOf(t.getMessage()), t instanceof SSLException);
      if (known != null) {
        return known;
      }
    }
    IOException io = find(cause, IOException.class);
    String message = String.valueOf((io == null ? cause : io).getMessage());
    return "TLS_error:|" + message + ":TLS_error_end";
  }

  /** What never reaches a library, because it is found before, in the words of one that it does. */
  private static @Nullable String ofNetty(Throwable cause, String first) {
    if (find(cause, NotSslRecordException.class) != null) {
      return switch (PlainText.of(first)) {
        case HTTP -> ssl(HTTP_REQUEST, "HTTP_REQUEST");
        case HTTP_CONNECT -> ssl(HTTPS_PROXY_REQUEST, "HTTPS_PROXY_REQUEST");
        case OTHER -> ssl(WRONG_VERSION_NUMBER, "WRONG_VERSION_NUMBER");
      };
    }
    if (isWithoutCertificate(cause)) {
      return ssl(
          PEER_DID_NOT_RETURN_A_CERTIFICATE,
          NO_CERTIFICATE + ":peer did not provide required client certificate");
    }
    if (find(cause, StapleMissingException.class) != null) {
      return ssl(CONNECTION_REJECTED, "CONNECTION_REJECTED");
    }
    if (isTooLong(cause)) {
      return ssl(ENCRYPTED_LENGTH_TOO_LONG, "ENCRYPTED_LENGTH_TOO_LONG");
    }
    if (says(cause, "remote-initiated renegotiation not allowed")) {
      return ssl(NO_RENEGOTIATION, "NO_RENEGOTIATION");
    }
    return null;
  }

  /** Whether a record tells of more bytes than one can have. */
  static boolean isTooLong(Throwable cause) {
    return says(cause, "Illegal packet length");
  }

  private static String ssl(int number, String reason) {
    return error(SSL_LIBRARY | number, "SSL routines", reason);
  }

  private static @Nullable String known(String message, boolean ssl) {
    Matcher library = BORINGSSL.matcher(message);
    if (library.find()) {
      return error(
          Integer.parseUnsignedInt(library.group(1), 16), library.group(2), library.group(4));
    }
    Matcher received = ALERT.matcher(message);
    Alert alert = received.find() ? Alert.of(received.group(1)) : null;
    if (alert != null) {
      return error(
          SSL_LIBRARY | (FIRST_ALERT + alert.number),
          "SSL routines",
          alert.prefix + "_ALERT_" + alert.name());
    }
    if (!ssl) {
      for (Map.Entry<String, Integer> errno : ERRNO.entrySet()) {
        if (message.contains(errno.getKey())) {
          return error(SYSTEM_LIBRARY | errno.getValue(), "system library", errno.getKey());
        }
      }
    }
    return null;
  }

  private static String error(int code, String library, String reason) {
    return "TLS_error:|%s:%s:OPENSSL_internal:%s:TLS_error_end"
        .formatted(Integer.toUnsignedString(code), library, reason);
  }

  private static <T extends Throwable> @Nullable T find(Throwable cause, Class<T> type) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return type.cast(t);
      }
    }
    return null;
  }
}
