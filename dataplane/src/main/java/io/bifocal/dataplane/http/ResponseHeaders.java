package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;

/** What a connection manager adds to the headers of an answer. */
final class ResponseHeaders {
  private ResponseHeaders() {}

  /**
   * Adds it.
   *
   * @param request the headers of the request
   * @param traced whether somebody who may do so has asked for the request to be traced
   */
  static void complete(
      HttpHeaders headers,
      HttpHeaders request,
      HttpSettings settings,
      DateHeader date,
      long epochMillis,
      boolean traced) {
    if (!headers.contains(HttpHeaderNames.DATE)) {
      headers.set(HttpHeaderNames.DATE, date.at(epochMillis));
    }
    server(headers, settings);
    if (settings.via() != null) {
      RequestHeaders.appendVia(headers, settings.via());
    }
    if (settings.alwaysSetRequestId() || traced) {
      String id = request.get(HeaderNames.X_REQUEST_ID);
      if (id != null) {
        headers.set(HeaderNames.X_REQUEST_ID, id);
      }
    }
  }

  private static void server(HttpHeaders headers, HttpSettings settings) {
    switch (settings.serverHeader()) {
      case APPEND_IF_ABSENT -> {
        if (!headers.contains(HttpHeaderNames.SERVER)) {
          headers.set(HttpHeaderNames.SERVER, settings.serverName());
        }
      }
      case PASS_THROUGH -> {}
      default -> headers.set(HttpHeaderNames.SERVER, settings.serverName());
    }
  }
}
