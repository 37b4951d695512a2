package io.bifocal.dataplane.http;

import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.route.RouteAction;
import io.bifocal.dataplane.stream.GrpcStatus;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;

/**
 * Answers that are made here: a local reply becomes a head and a body, as the configuration has it
 * and as the client understands it. Source: Envoy's {@code Utility::sendLocalReply}.
 */
final class LocalAnswer {
  private LocalAnswer() {}

  /** Answers in the place of an upstream. */
  static void send(Response to, LocalReply reply) {
    HttpHeaders headers = LocalHeaders.empty();
    boolean tells = !to.exchange.connection.settings.suppressEnvoyHeaders();
    if (reply.flag() == ResponseFlag.UPSTREAM_OVERFLOW && tells) {
      headers.set(HeaderNames.X_ENVOY_OVERLOADED, "true");
    }
    reply.headers().accept(headers);
    send(to, reply, headers);
  }

  /** The request may not go on. */
  static void refuse(Response to, Refusal refusal) {
    to.exchange.connection.stats.refused(refusal);
    if (refusal == Refusal.ESCAPED_SLASHES) { // to its path as it is normally written
      elsewhere(to, refusal.reply(), to.request().path);
      return;
    }
    if (refusal.closes) {
      to.closeAfterwards();
    }
    to.localReply(refusal.reply());
  }

  /** What a route answers by itself. */
  static void direct(Response to, RouteAction.DirectResponse direct) {
    LocalReply reply = new LocalReply(direct.status(), direct.body(), null, "direct_response");
    if (direct.status() == 201 || direct.status() / 100 == 3) {
      RequestHead head = to.request();
      elsewhere(to, reply, head.scheme + "://" + head.authority + head.path);
    } else {
      send(to, reply, LocalHeaders.empty());
    }
  }

  /** Sends the client elsewhere. */
  static void redirect(Response to, RouteAction.Redirect redirect, Route found) {
    LocalReply reply = new LocalReply(redirect.status(), "", null, "direct_response");
    elsewhere(to, reply, redirect.location(found, to.request()));
  }

  private static void elsewhere(Response to, LocalReply reply, String location) {
    HttpHeaders headers = LocalHeaders.empty();
    headers.set(HttpHeaderNames.LOCATION, location);
    send(to, reply, headers);
  }

  private static void send(Response to, LocalReply reply, HttpHeaders headers) {
    StreamInfo info = to.info();
    info.responseCodeDetails = reply.details();
    int status = reply.status();
    String body = reply.body();
    String contentType = "text/plain";
    LocalReplies replies = to.exchange.connection.settings.localReplies();
    if (replies != null) {
      info.responseCode = status;
      info.responseHeaders = headers;
      LocalReplies.Answer answer = replies.rewrite(status, body, headers, info);
      status = answer.status();
      body = answer.body();
      contentType = answer.contentType();
    }
    if (GrpcStatus.isCall(info.requestHeaders)) {
      int told = reply.grpcStatus();
      answerCall(to, told < 0 ? GrpcStatus.ofHttp(status).number() : told, body, headers);
    } else if (body.isEmpty()) {
      to.respondHead(status, headers, true);
    } else {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      headers.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(bytes.length));
      headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
      boolean bodiless = info.method.equals("HEAD");
      to.respondHead(status, headers, bodiless);
      if (!bodiless) {
        to.respondBody(Unpooled.wrappedBuffer(bytes), true);
      }
    }
    to.flush();
  }

  // A call's answer is told by its status alone (gRPC over HTTP/2, "Trailers-Only").
  private static void answerCall(Response to, int status, String message, HttpHeaders headers) {
    headers.set(HttpHeaderNames.CONTENT_TYPE, "application/grpc");
    headers.set(HeaderNames.GRPC_STATUS, Integer.toString(status));
    if (!message.isEmpty()) {
      headers.set(HeaderNames.GRPC_MESSAGE, GrpcStatus.encode(message));
    }
    to.respondHead(200, headers, true);
  }
}
