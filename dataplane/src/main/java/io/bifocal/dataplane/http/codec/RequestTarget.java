package io.bifocal.dataplane.http.codec;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;

/**
 * The two halves of a request's target; RFC 9112, section 3.2.
 *
 * @param path empty for {@code CONNECT}, whose target is an authority
 */
record RequestTarget(String path, String authority) {
  private static final String[] SCHEMES = {"http://", "https://"};

  /** Takes the target apart, with the host of the headers where it has none. */
  static RequestTarget parse(String method, String target, HttpHeaders headers, boolean absolute)
      throws Rejected {
    String host = host(headers);
    require(Authority.isValid(host), RequestError.INVALID_AUTHORITY);
    require(isVisible(target), RequestError.INVALID_CHARACTERS);
    if (method.equals("CONNECT")) {
      require(Authority.hasPort(target) && Authority.isValid(target), RequestError.INVALID_URL);
      return new RequestTarget("", target);
    }
    if (target.startsWith("/")) {
      return new RequestTarget(target, host);
    }
    if (target.equals("*")) {
      require(method.equals("OPTIONS"), RequestError.INVALID_URL);
      return new RequestTarget(target, host);
    }
    int start = afterScheme(target);
    require(
        start != 0,
        target.contains("://") ? RequestError.INVALID_SCHEME : RequestError.BAD_REQUEST);
    int end = start;
    while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
      end++;
    }
    String authority = Authority.withoutUser(target.substring(start, end));
    require(!authority.isEmpty() && Authority.isOfUrl(authority), RequestError.INVALID_URL);
    if (!absolute) {
      return new RequestTarget(target, host);
    }
    // The absolute form overrides the header.
    return new RequestTarget(end == target.length() ? "/" : target.substring(end), authority);
  }

  private static void require(boolean holds, RequestError error) throws Rejected {
    if (!holds) {
      throw new Rejected(error);
    }
  }

  /** There is no such target, or more than one host. */
  static final class Rejected extends Exception {
    private static final long serialVersionUID = 1L;

    final transient RequestError error;

    Rejected(RequestError error) {
      super(error.details(), null, false, false);
      this.error = error;
    }
  }

  private static int afterScheme(String target) {
    for (String scheme : SCHEMES) {
      if (target.regionMatches(true, 0, scheme, 0, scheme.length())) {
        return scheme.length();
      }
    }
    return 0;
  }

  private static boolean isVisible(String target) {
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c >= 0x7f) {
        return false;
      }
    }
    return true;
  }

  // Empty when there is none.
  private static String host(HttpHeaders headers) throws Rejected {
    Iterator<? extends CharSequence> hosts =
        headers.valueCharSequenceIterator(HttpHeaderNames.HOST);
    if (!hosts.hasNext()) {
      return "";
    }
    String host = hosts.next().toString();
    require(!hosts.hasNext(), RequestError.BAD_REQUEST);
    return host;
  }
}
