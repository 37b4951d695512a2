package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.route.HeaderChanges;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a route, and the share of a weighted cluster that was chosen, do to the heads of both
 * messages. Source: {@code finalizeRequestHeaders} and {@code finalizeResponseHeaders} of Envoy's
 * route entries.
 */
final class RouteHeaders {
  private RouteHeaders() {}

  /** Makes a request's head what the upstream is to see. */
  static void finalizeRequest(
      Route route,
      RouteAction.Forward forward,
      RouteAction.@Nullable Weight weight,
      RequestHead head,
      StreamInfo info,
      HttpSettings settings) {
    HttpHeaders headers = head.headers;
    long timeout = forward.timeout().toNanos();
    if (timeout > 0 && !settings.suppressEnvoyHeaders()) {
      headers.set(HeaderNames.X_ENVOY_EXPECTED_RQ_TIMEOUT_MS, Long.toString(timeout / 1_000_000));
    }
    if (weight != null) {
      weight.request().apply(headers, info);
    }
    applyAll(route.requestChanges(), headers, info);
    if (forward.prefixRewrite() != null) {
      keep(HeaderNames.X_ENVOY_ORIGINAL_PATH, head.path, headers, settings);
      head.path = route.rewritten(head, forward.prefixRewrite());
      info.path = head.path;
    }
    if (forward.pathRewrite() != null) {
      keep(HeaderNames.X_ENVOY_ORIGINAL_PATH, head.path, headers, settings);
      head.path = forward.pathRewrite().apply(head);
      info.path = head.path;
    }
    String host =
        weight != null && weight.hostRewrite() != null
            ? weight.hostRewrite()
            : forward.hostRewrite();
    if (host != null) {
      keep(HeaderNames.X_ENVOY_ORIGINAL_HOST, head.authority, headers, settings);
      head.authority = host;
      info.authority = host;
    }
  }

  /** Changes the headers of an answer, also of one that is made here. */
  static void finalizeResponse(
      Route route, RouteAction.@Nullable Weight weight, HttpHeaders headers, StreamInfo info) {
    if (weight != null) {
      weight.response().apply(headers, info);
    }
    applyAll(route.responseChanges(), headers, info);
  }

  private static void applyAll(List<HeaderChanges> changes, HttpHeaders headers, StreamInfo info) {
    for (int i = 0; i < changes.size(); i++) {
      changes.get(i).apply(headers, info);
    }
  }

  private static void keep(
      AsciiString name, String original, HttpHeaders headers, HttpSettings settings) {
    if (!settings.suppressEnvoyHeaders()) {
      headers.set(name, original);
    }
  }
}
