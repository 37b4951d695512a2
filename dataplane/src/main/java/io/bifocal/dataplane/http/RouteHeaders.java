package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.ClusterChoice;
import io.bifocal.dataplane.http.route.HeaderChanges;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;

/**
 * What a route does to the heads of both messages. Source: {@code finalizeRequestHeaders} and
 * {@code finalizeResponseHeaders} of Envoy's route entries.
 */
final class RouteHeaders {
  private RouteHeaders() {}

  /** Makes a request's head what the upstream is to see. */
  static void finalizeRequest(
      Route route,
      RouteAction.Forward forward,
      RequestHead head,
      StreamInfo info,
      HttpSettings settings) {
    boolean tell = !settings.suppressEnvoyHeaders();
    if (forward.cluster() instanceof ClusterChoice.Named named && named.hostRewrite() != null) {
      head.authority = named.hostRewrite();
      info.authority = head.authority;
    }
    applyAll(route.requestChanges(), head.headers, info);
    forward.hostRewrite().apply(head, info, tell);
    if (forward.pathRewrite() != null) {
      if (tell) {
        head.headers.set(HeaderNames.X_ENVOY_ORIGINAL_PATH, head.path);
      }
      head.path = forward.pathRewrite().of(route.path(), head.path, head.pathEnd());
      info.path = head.path;
    }
  }

  /** Changes the headers of an answer, also of one that is made here. */
  static void finalizeResponse(Route route, HttpHeaders headers, StreamInfo info) {
    applyAll(route.responseChanges(), headers, info);
  }

  private static void applyAll(List<HeaderChanges> changes, HttpHeaders headers, StreamInfo info) {
    for (int i = 0; i < changes.size(); i++) {
      changes.get(i).apply(headers, info);
    }
  }
}
