package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.ErrorAnswer;
import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.http.codec.RequestError;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;

/** A request of whose head nothing can be made: it is answered, counted and logged at once. */
final class HeadlessRequest {
  static final RequestError HEADERS_TIMEOUT =
      new RequestError(408, "request header timeout", "request_header_timeout", null);
  static final RequestError TIMEOUT =
      new RequestError(408, "request timeout", "request_overall_timeout", null);
  static final RequestError IDLE =
      new RequestError(
          408, "stream timeout", "stream_idle_timeout", ResponseFlag.STREAM_IDLE_TIMEOUT);

  private HeadlessRequest() {}

  /**
   * Answers it.
   *
   * @param since when it began, as the loop counts
   */
  static ErrorAnswer answer(
      HttpConnection connection, Protocol protocol, RequestError error, long since) {
    HttpSettings settings = connection.settings;
    StreamInfo info = new StreamInfo();
    connection.begin(info, protocol, since);
    info.responseCode = error.status();
    info.responseCodeDetails = error.details();
    HttpHeaders headers = LocalHeaders.empty();
    info.responseHeaders = headers;
    LocalReplies.Answer made =
        settings.localReplies() == null
            ? new LocalReplies.Answer(error.status(), error.reason(), "text/plain")
            : settings.localReplies().rewrite(error.status(), error.reason(), headers, info);
    byte[] body = made.body().getBytes(StandardCharsets.UTF_8);
    headers.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
    if (body.length > 0) {
      headers.set(HttpHeaderNames.CONTENT_TYPE, made.contentType());
    }
    ResponseHeaders.complete(
        headers,
        LocalHeaders.empty(),
        settings,
        connection.here.date,
        connection.loop.wallTime().toEpochMilli(),
        false);
    if (error.flag() != null) {
      info.flag(error.flag());
    }
    info.responseCode = made.status();
    info.bytesSent = body.length;
    info.endNanos = connection.loop.nanoTime();
    count(connection.stats, protocol, error, made.status());
    return new ErrorAnswer(
        made.status(),
        headers,
        made.body(),
        bytes -> {
          info.downstreamBytes = bytes;
          connection.logs.log(info);
        });
  }

  /** Its stream was reset. */
  static void reset(HttpConnection connection, Protocol protocol, String details) {
    StreamInfo info = new StreamInfo();
    long now = connection.loop.nanoTime();
    connection.begin(info, protocol, now);
    info.responseCodeDetails = details;
    info.flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
    info.endNanos = now;
    connection.stats.rqTotal.inc();
    connection.stats.rqTotal(protocol).inc();
    connection.stats.rqRxReset.inc();
    connection.logs.log(info);
  }

  private static void count(HttpStats stats, Protocol protocol, RequestError error, int status) {
    stats.rqTotal.inc();
    stats.rqTotal(protocol).inc();
    stats.rqBeforeComplete.inc();
    stats.answered(status);
    if (error.flag() == ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR) {
      stats.rqRxReset.inc();
      stats.cxProtocolError.inc();
    }
  }
}
