package io.bifocal.dataplane.http;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.LocalReply;
import org.jspecify.annotations.Nullable;

/** Why a request is answered before a route is looked for, as Envoy does it. */
enum Refusal {
  MISSING_HOST(400, "missing_host_header", true),
  NO_SUCH_PATH(400, "path_normalization_failed", true),
  /** {@code UNESCAPE_AND_REDIRECT}: the client is to ask for the path by itself. */
  ESCAPED_SLASHES(307, "path_normalization_failed", false),
  /** Such as {@code OPTIONS *}: there is no route for a server as a whole. */
  NON_RELATIVE_PATH(404, "absolute_path_rejected", false),
  UPGRADE(403, "upgrade_failed", true);

  private final int status;
  private final String details;

  /** Whether the connection ends with the answer. */
  final boolean closes;

  Refusal(int status, String details, boolean closes) {
    this.status = status;
    this.details = details;
    this.closes = closes;
  }

  LocalReply reply() {
    return new LocalReply(status, "", null, details);
  }

  /** Brings path and host into their normal forms; null when the request may go on. */
  static @Nullable Refusal check(
      RequestHead head, HttpSettings settings, DownstreamConnection downstream) {
    if (head.authority.isEmpty() && !head.hasHost) {
      return MISSING_HOST;
    }
    String asked = head.path;
    String path = settings.path().of(asked);
    if (path == null) {
      head.path = settings.path().told(asked);
      return NO_SUCH_PATH;
    }
    head.path = path;
    if (!path.isEmpty() && path.charAt(0) != '/') {
      return NON_RELATIVE_PATH;
    }
    if (settings.path().redirects(asked)) {
      return ESCAPED_SLASHES;
    }
    if (settings.host() != null) {
      settings.host().apply(head, downstream);
    }
    return null;
  }
}
