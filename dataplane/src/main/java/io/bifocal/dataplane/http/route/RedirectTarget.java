package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.Substitution;
import org.jspecify.annotations.Nullable;

/** Where a redirect leads. Source: Envoy's {@code Http::Utility::newUri}. */
sealed interface RedirectTarget {
  String of(PathMatch match, RequestHead head);

  /** The same by TLS ({@code require_tls}). */
  record Secured() implements RedirectTarget {
    @Override
    public String of(PathMatch match, RequestHead head) {
      return "https://" + head.authority + head.path;
    }
  }

  /**
   * What {@code redirect} says; null keeps what the request has.
   *
   * @param port with its colon, or empty
   */
  record Edited(
      @Nullable String scheme, @Nullable String host, String port, Path path, boolean stripQuery)
      implements RedirectTarget {
    @Override
    public String of(PathMatch match, RequestHead head) {
      String asked = head.headers.get(HeaderNames.X_FORWARDED_PROTO, "http");
      String to = scheme == null ? asked : scheme;
      String where = path.of(match, head.path, head.pathEnd());
      int query = stripQuery && !path.bringsQuery() ? where.indexOf('?') : -1;
      return to
          + "://"
          + (host == null ? askedHost(head.authority, asked, to) : host)
          + port
          + (query < 0 ? where : where.substring(0, query));
    }

    // A default port of the old scheme would be wrong under the new one.
    private String askedHost(String authority, String asked, String to) {
      int colon = authority.lastIndexOf(':');
      if (colon < 0 || authority.indexOf(']', colon) >= 0) {
        return authority;
      }
      String old = authority.substring(colon);
      boolean wrong =
          !asked.equals(to)
              && ((asked.equals("https") && old.equals(":443"))
                  || (asked.equals("http") && old.equals(":80")));
      return wrong || !port.isEmpty() ? authority.substring(0, colon) : authority;
    }
  }

  /** The new path. */
  sealed interface Path {
    String of(PathMatch match, String path, int end);

    /** Whether a query in it is the configuration's, and no request's. */
    default boolean bringsQuery() {
      return false;
    }
  }

  /** The old one. */
  record Same() implements Path {
    @Override
    public String of(PathMatch match, String path, int end) {
      return path;
    }
  }

  /** {@code path_redirect}; the request's query stays unless it brings one. */
  record Whole(String whole) implements Path {
    @Override
    public boolean bringsQuery() {
      return whole.indexOf('?') >= 0;
    }

    @Override
    public String of(PathMatch match, String path, int end) {
      int query = bringsQuery() ? -1 : path.indexOf('?');
      return query < 0 ? whole : whole.concat(path.substring(query));
    }
  }

  /** {@code prefix_rewrite}. */
  record Prefix(String replacement) implements Path {
    @Override
    public String of(PathMatch match, String path, int end) {
      return replacement.concat(path.substring(match.length(end)));
    }
  }

  /** {@code regex_rewrite}. */
  record Regex(Substitution rule) implements Path {
    @Override
    public String of(PathMatch match, String path, int end) {
      return rule.of(path.substring(0, end)).concat(path.substring(end));
    }
  }
}
