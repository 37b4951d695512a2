package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.Substitution;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the authority before the upstream sees it.
 *
 * @param source where the new one comes from; null to keep the old one
 * @param appendForwardedHost {@code append_x_forwarded_host}
 */
public record HostRewrite(@Nullable Source source, boolean appendForwardedHost) {
  /** Where an authority comes from. */
  sealed interface Source {}

  /** {@code host_rewrite_literal}. */
  record Literal(String host) implements Source {}

  /** {@code host_rewrite_header}. */
  record InHeader(AsciiString header) implements Source {}

  /** {@code host_rewrite_path_regex}, on the path without its query. */
  record OfPath(Substitution rule) implements Source {}

  /** {@code auto_host_rewrite}: the name of the host that is chosen. */
  record Auto() implements Source {}

  /** Whether the name of a chosen host becomes the authority, by {@link #replace}. */
  public boolean isAuto() {
    return source instanceof Auto;
  }

  /**
   * Rewrites what can be rewritten before a host is chosen.
   *
   * @param keep whether {@code x-envoy-original-host} says what it was
   */
  public void apply(RequestHead head, StreamInfo info, boolean keep) {
    String host = "";
    if (source instanceof Literal literal) {
      host = literal.host;
    } else if (source instanceof InHeader named) {
      host = head.headers.get(named.header, "");
    } else if (source instanceof OfPath path) {
      host = path.rule.of(head.path.substring(0, head.pathEnd()));
    }
    if (!host.isEmpty()) {
      replace(host, head, info, keep);
    }
  }

  /**
   * Makes {@code host} the authority.
   *
   * @param keep whether {@code x-envoy-original-host} says what it was
   */
  public void replace(String host, RequestHead head, StreamInfo info, boolean keep) {
    if (appendForwardedHost && !head.authority.isEmpty()) {
      String before = head.headers.get(HeaderNames.X_FORWARDED_HOST, "");
      if (before.isEmpty()) {
        head.headers.set(HeaderNames.X_FORWARDED_HOST, head.authority);
      } else if (!before.substring(before.lastIndexOf(',') + 1).equals(head.authority)) {
        head.headers.set(HeaderNames.X_FORWARDED_HOST, before + "," + head.authority);
      }
    }
    if (keep) {
      head.headers.set(HeaderNames.X_ENVOY_ORIGINAL_HOST, head.authority);
    }
    head.authority = host;
    info.authority = host;
  }
}
