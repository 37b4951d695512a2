package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.hash.XxHash64;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import java.util.List;

/**
 * A cookie that is hashed, and made for a client that has none.
 *
 * @param maxAge in seconds; negative when none is made, zero for the client's session
 * @param suffix what follows the value and the age in {@code set-cookie}
 */
record HashCookie(String name, long maxAge, String suffix) implements HashPolicy.Source {
  static HashCookie of(RouteAction.HashPolicy.Cookie config) {
    StringBuilder suffix = new StringBuilder();
    if (!config.getPath().isEmpty()) {
      suffix.append("; Path=").append(config.getPath());
    }
    for (RouteAction.HashPolicy.CookieAttribute attribute : config.getAttributesList()) {
      suffix.append("; ").append(attribute.getName());
      if (!attribute.getValue().isEmpty()) {
        suffix.append('=').append(attribute.getValue());
      }
    }
    suffix.append("; HttpOnly");
    return new HashCookie(
        config.getName(), config.hasTtl() ? config.getTtl().getSeconds() : -1, suffix.toString());
  }

  @Override
  public void add(RequestHead head, StreamInfo info, HashPolicy.Mix mix) {
    String value = find(head, name);
    if (!value.isEmpty()) {
      mix.add(value);
    } else if (maxAge >= 0
        && mix.cookies != null
        && info.downstreamRemote != null
        && info.downstreamLocal != null) {
      String ends = info.downstreamRemote.text().concat(info.downstreamLocal.text());
      String made = hex(XxHash64.hash(ends));
      String age = maxAge == 0 ? "" : "; Max-Age=" + maxAge;
      mix.cookies.add(name + "=\"" + made + "\"" + age + suffix);
      mix.add(made);
    }
  }

  private static String hex(long value) {
    String digits = Long.toHexString(value);
    return "0".repeat(16 - digits.length()) + digits;
  }

  /** A cookie's value, without quotes; empty when there is none. */
  static String find(RequestHead head, String name) {
    List<String> headers = head.headers.getAll("cookie");
    for (int i = 0; i < headers.size(); i++) {
      String header = headers.get(i);
      int start = 0;
      while (start < header.length()) {
        int semicolon = header.indexOf(';', start);
        int end = semicolon < 0 ? header.length() : semicolon;
        int equals = header.indexOf('=', start);
        if (equals >= 0 && equals < end && header.substring(start, equals).trim().equals(name)) {
          return unquoted(header.substring(equals + 1, end).trim());
        }
        start = end + 1;
      }
    }
    return "";
  }

  private static String unquoted(String value) {
    return value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
        ? value.substring(1, value.length() - 1)
        : value;
  }
}
