package io.bifocal.dataplane.transport.tls;

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
  private static final String NO_CERTIFICATE = "PEER_DID_NOT_RETURN_A_CERTIFICATE";
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
        && find(cause, ClosedChannelException.class) == null;
  }

  /** Whether a client showed no certificate where one is wanted, in either library's words. */
  static boolean isWithoutCertificate(Throwable cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      String message = String.valueOf(t.getMessage());
      if (message.contains(NO_CERTIFICATE) || message.contains("Empty client certificate chain")) {
        return true;
      }
    }
    return false;
  }

  /** Empty when the peer closed without a word. */
  static String text(Throwable cause) {
    PeerRejectedException rejected = find(cause, PeerRejectedException.class);
    if (rejected != null) {
      return error(
          SSL_LIBRARY | CERTIFICATE_VERIFY_FAILED,
          "SSL routines",
          String.valueOf(rejected.getMessage()).isEmpty()
              ? "CERTIFICATE_VERIFY_FAILED"
              : "CERTIFICATE_VERIFY_FAILED:" + rejected.getMessage());
    }
    if (find(cause, ClosedChannelException.class) != null) {
      return "";
    }
    if (find(cause, NotSslRecordException.class) != null) {
      return error(SSL_LIBRARY | WRONG_VERSION_NUMBER, "SSL routines", "WRONG_VERSION_NUMBER");
    }
    if (isWithoutCertificate(cause)) {
      return error(SSL_LIBRARY | PEER_DID_NOT_RETURN_A_CERTIFICATE, "SSL routines", NO_CERTIFICATE);
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
