package io.bifocal.dataplane.http;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.codec.RequestHead;

/**
 * One spelling for one host: without its port, without the dot at its end.
 *
 * <p>Source: {@code strip_matching_host_port}, {@code strip_any_host_port}, {@code
 * strip_trailing_host_dot}.
 */
record HostSpelling(boolean dropsOwnPort, boolean dropsAnyPort, boolean dropsDot) {
  private static final int NO_PORT = -1;

  void apply(RequestHead head, DownstreamConnection downstream) {
    String host = head.authority;
    int colon = portStart(host);
    int port = colon < 0 ? NO_PORT : number(host, colon + 1);
    int end = port == NO_PORT ? host.length() : colon;
    boolean dot = dropsDot && end > 0 && host.charAt(end - 1) == '.';
    boolean keepsPort =
        port == NO_PORT || !drops(port, downstream) || head.method.equals("CONNECT");
    if (!dot && keepsPort) {
      return;
    }
    head.authority =
        host.substring(0, dot ? end - 1 : end).concat(keepsPort ? host.substring(end) : "");
  }

  private boolean drops(int port, DownstreamConnection downstream) {
    return dropsAnyPort
        || (dropsOwnPort && downstream.local() instanceof Address.Ip ip && ip.port() == port);
  }

  // Behind the closing bracket of an IPv6 address, if it is one.
  private static int portStart(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? colon : -1;
  }

  private static int number(String text, int start) {
    if (start == text.length() || text.length() - start > 5) {
      return NO_PORT;
    }
    int number = 0;
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return NO_PORT;
      }
      number = number * 10 + (c - '0');
    }
    return number;
  }
}
