package io.bifocal.dataplane.connect;

import static java.util.Map.entry;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.connect.ConnectFailure.Reason;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import java.io.FileNotFoundException;
import java.net.NoRouteToHostException;
import java.util.List;
import java.util.Map;

/** What {@code %UPSTREAM_TRANSPORT_FAILURE_REASON%} says of a socket, in Envoy's words. */
final class ConnectErrors {
  private static final String IMMEDIATE = "immediate connect error: ";
  private static final String DELAYED = "delayed connect error: ";

  private static final Map<String, Reason> REASONS =
      Map.ofEntries(
          entry("Connection refused", Reason.REFUSED),
          entry("Network is unreachable", Reason.UNREACHABLE),
          entry("No route to host", Reason.UNREACHABLE),
          entry("Host is down", Reason.UNREACHABLE),
          entry("Network is down", Reason.UNREACHABLE),
          entry("Connection timed out", Reason.TIMED_OUT),
          entry("Connection reset by peer", Reason.RESET),
          entry("Cannot assign requested address", Reason.LOCAL),
          entry("Address family not supported by protocol", Reason.LOCAL),
          entry("Permission denied", Reason.LOCAL),
          entry("Operation not permitted", Reason.LOCAL));

  /** The operating system's phrases (strerror) that a connect can end with. */
  private static final List<String> PHRASES =
      List.of(
          "Connection refused",
          "Network is unreachable",
          "No route to host",
          "Connection timed out",
          "Connection reset by peer",
          "Address already in use",
          "Cannot assign requested address",
          "Address family not supported by protocol",
          "No such file or directory",
          "Permission denied",
          "Operation not permitted",
          "Resource temporarily unavailable",
          "Protocol wrong type for socket",
          "Invalid argument",
          "Host is down",
          "Network is down");

  /** There is no descriptor left, or no such kind of socket. */
  static final String NO_SOCKET = "socket creation failure";

  private ConnectErrors() {}

  /** The call itself failed. */
  static String immediate(Throwable cause, Address address) {
    return IMMEDIATE
        + phrase(cause, "Network is unreachable")
        + "|remote address:"
        + address.text();
  }

  /** The system refused to set an option of the socket. */
  static String option(Throwable cause) {
    return "socket option: " + phrase(cause, "Network is unreachable");
  }

  /** The address that the socket was to come from is not to be had. */
  static ConnectFailure bind(Throwable cause, Address.Ip local) {
    return bind(phrase(cause, "Network is unreachable"), local);
  }

  /**
   * The address that the socket was to come from is of another family than the one to connect to:
   * in the words of a system whose sockets have one family only.
   */
  static ConnectFailure bindToOtherFamily(Address.Ip local) {
    return bind(
        local.family() == Family.V4
            ? "Invalid argument"
            : "Address family not supported by protocol",
        local);
  }

  private static ConnectFailure bind(String phrase, Address.Ip local) {
    return new ConnectFailure(Kind.BIND, "failed to bind to " + local.text() + ": " + phrase);
  }

  /** The peer, or a router on the way, answered no. */
  static String delayed(Throwable cause) {
    return DELAYED + phrase(cause, "No route to host");
  }

  /** The socket was connected, but what is on top of it failed; it words its own failures. */
  static String transport(Throwable cause) {
    return text(cause);
  }

  /** What a failure's text, which is one of the above, comes down to. */
  static Reason reason(ConnectFailure failure) {
    return switch (failure.kind()) {
      case LOCAL, BIND -> Reason.LOCAL;
      case TIMEOUT -> Reason.TIMED_OUT;
      case REMOTE -> remote(failure.detail());
    };
  }

  private static Reason remote(String detail) {
    return isOfSocket(detail) ? REASONS.getOrDefault(phrase(detail), Reason.OTHER) : Reason.TLS;
  }

  private static boolean isOfSocket(String detail) {
    return detail.startsWith(DELAYED) || detail.startsWith(IMMEDIATE);
  }

  /** The operating system's phrase in a text from here; another text as it is. */
  static String phrase(String detail) {
    if (!isOfSocket(detail)) {
      return detail;
    }
    int to = detail.indexOf('|');
    return detail.substring(detail.indexOf(": ") + 2, to < 0 ? detail.length() : to);
  }

  // Neither the JDK nor Netty tells the number of the error: the phrase is found in the message,
  // or follows from the type where epoll's transport gives no message. It has one type for two
  // errors: a routing table says at once that there is no network, a router later that there is no
  // host.
  private static String phrase(Throwable cause, String unreachable) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof FileNotFoundException) {
        return "No such file or directory";
      }
      if (t instanceof NoRouteToHostException && text(t).startsWith("null")) {
        return unreachable;
      }
      String message = text(t);
      for (String phrase : PHRASES) {
        if (message.contains(phrase)) {
          return phrase;
        }
      }
    }
    return text(cause);
  }

  private static String text(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
