package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.Protocol;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.stream.GrpcStatus;
import io.bifocal.dataplane.stream.ResponseFlag;

/** What the connection manager itself answers, in Envoy's words. */
final class StreamReplies {
  static final LocalReply OVERLOADED = new LocalReply(503, "envoy overloaded", null, "overload");
  static final LocalReply NO_ROUTE =
      new LocalReply(404, "", ResponseFlag.NO_ROUTE_FOUND, "route_not_found");
  static final LocalReply REQUEST_TIMEOUT =
      new LocalReply(408, "request timeout", null, "request_overall_timeout");
  static final LocalReply UNDERSCORE = badRequest("http1.unexpected_underscore");

  private static final LocalReply REQUEST_TOO_LONG = tooLong(408);
  private static final LocalReply RESPONSE_TOO_LONG = tooLong(504);
  private static final LocalReply REQUEST_IDLE = idle(408);
  private static final LocalReply RESPONSE_IDLE = idle(504);

  private StreamReplies() {}

  /** What the client sends on cannot be read. */
  static LocalReply codecError(Protocol protocol) {
    return badRequest(protocol.codecError());
  }

  /** Nothing moves, on one way or the other. */
  static LocalReply idle(boolean requestEnded) {
    return requestEnded ? RESPONSE_IDLE : REQUEST_IDLE;
  }

  /** The stream has lasted too long. */
  static LocalReply tooLong(boolean requestEnded) {
    return requestEnded ? RESPONSE_TOO_LONG : REQUEST_TOO_LONG;
  }

  private static LocalReply badRequest(String details) {
    return new LocalReply(400, "Bad Request", ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR, details);
  }

  private static LocalReply idle(int status) {
    return new LocalReply(
        status, "stream timeout", ResponseFlag.STREAM_IDLE_TIMEOUT, "stream_idle_timeout");
  }

  private static LocalReply tooLong(int status) {
    return new LocalReply(status, "downstream duration timeout", null, "max_duration_timeout")
        .withGrpcStatus(GrpcStatus.DEADLINE_EXCEEDED.number());
  }
}
