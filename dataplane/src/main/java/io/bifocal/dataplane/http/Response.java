package io.bifocal.dataplane.http;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.http.codec.HeaderNames;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.http.codec.ResponseSender;
import io.bifocal.dataplane.http.filter.LocalReply;
import io.bifocal.dataplane.http.filter.StreamFilters;
import io.bifocal.dataplane.http.route.InternalRedirects;
import io.bifocal.dataplane.http.route.Route;
import io.bifocal.dataplane.http.router.DownstreamStream;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request on its way to the client, be it the upstream's or made here. When it has
 * ended, so has its exchange. Confined to the worker's loop.
 */
final class Response implements DownstreamStream {
  private static final String TOO_LARGE = "Internal Server Error";

  final Exchange exchange;
  private final ResponseSender sender;
  private boolean begun;
  private boolean sent;
  private boolean held;

  Response(Exchange exchange, ResponseSender sender) {
    this.exchange = exchange;
    this.sender = sender;
  }

  /** Whether another answer is out of the question. */
  boolean begun() {
    return begun;
  }

  /** {@code 100 Continue}, at once. */
  void askForBody() {
    sender.writeInformational(100, LocalHeaders.empty());
    sender.flush();
  }

  /** Ends the connection after this answer; to be called before its end. */
  void closeAfterwards() {
    sender.closeAfterwards();
  }

  @Override
  public RequestHead request() {
    return exchange.request();
  }

  @Override
  public @Nullable Consumer<ByteBuf> redirection(
      InternalRedirects policy, int status, HttpHeaders answer) {
    return exchange.redirection(policy, status, answer);
  }

  @Override
  public @Nullable Route route() {
    return exchange.route();
  }

  @Override
  public DownstreamConnection connection() {
    return exchange.connection.downstream;
  }

  @Override
  public @Nullable ProxyProtocolData client() {
    return exchange.connection.client();
  }

  ResponseSender sender() {
    return sender;
  }

  @Override
  public StreamInfo info() {
    return exchange.info;
  }

  @Override
  public void respondHead(int status, HttpHeaders headers, boolean end) {
    StreamInfo info = exchange.info;
    begun = true;
    info.responseCode = status;
    info.responseHeaders = headers;
    RequestHeaders.dropHopByHop(headers, status == 101 && request().upgrade != null);
    Route route = exchange.route();
    if (route != null) {
      RouteHeaders.finalizeResponse(route, headers, info);
    }
    StreamFilters filters = exchange.filters();
    if (filters == null) {
      sendHead(status, headers, end);
    } else {
      filters.encodeHead(status, headers, end);
    }
  }

  /** The head has passed the filters. */
  void sendHead(int status, HttpHeaders headers, boolean end) {
    HttpConnection connection = exchange.connection;
    StreamInfo info = exchange.info;
    long now = connection.loop.nanoTime();
    sent = true;
    info.firstDownstreamTxNanos = now;
    ResponseHeaders.complete(
        headers,
        request().headers,
        connection.settings,
        connection.here.date,
        info.startEpochMillis + (now - info.startNanos) / 1_000_000,
        exchange.origin() == Origin.INTERNAL
            && request().headers.contains(HeaderNames.X_ENVOY_FORCE_TRACE));
    ProxyStatus proxyStatus = connection.settings.proxyStatus();
    int shown = proxyStatus == null ? status : proxyStatus.tell(info, status, headers);
    if (!exchange.requestEnded()) {
      connection.stats.rqBeforeComplete.inc();
    }
    connection.beforeAnswer(sender);
    exchange.touch(now);
    if (exchange.isTunnel(status)) {
      connection.logs.tunnel(info, now);
    }
    sender.writeHead(shown, headers, end);
    if (end) {
      end();
    }
  }

  // What is logged has been written, and the next request comes after that.
  private void end() {
    exchange.end();
    sender.done();
  }

  @Override
  public void respondBody(ByteBuf data, boolean end) {
    StreamFilters filters = exchange.filters();
    if (filters == null) {
      sendBody(data, end);
    } else {
      filters.encodeData(data, end);
    }
  }

  /** A part of the body has passed the filters. */
  void sendBody(ByteBuf data, boolean end) {
    exchange.info.bytesSent += data.readableBytes();
    exchange.touch(exchange.connection.loop.nanoTime());
    sender.writeBody(data, end);
    if (end) {
      end();
    }
  }

  @Override
  public void respondTrailers(HttpHeaders trailers) {
    StreamFilters filters = exchange.filters();
    if (filters == null) {
      sendTrailers(trailers);
    } else {
      filters.encodeTrailers(trailers);
    }
  }

  /** The answer's end has passed the filters. */
  void sendTrailers(HttpHeaders trailers) {
    sender.writeTrailers(trailers);
    end();
  }

  @Override
  public void respondInformational(int status, HttpHeaders headers) {
    if (exchange.connection.settings.proxyContinue() && !begun) {
      RequestHeaders.dropHopByHop(headers, false);
      sender.writeInformational(status, headers);
      sender.flush();
    }
  }

  @Override
  public void flush() {
    sender.flush();
  }

  @Override
  public void localReply(LocalReply reply) {
    flag(reply.flag());
    LocalAnswer.send(this, reply);
  }

  /** No answer is waited for: gives this one, unless one has begun, which is broken off. */
  void giveUp(LocalReply reply) {
    if (!begun) {
      localReply(reply);
      return;
    }
    flag(reply.flag());
    breakOff(reply.details());
  }

  /** What waits of the answer is too much: an error instead, unless its head is out already. */
  void tooLarge() {
    String details = "response_payload_too_large";
    if (sent) {
      breakOff(details);
      return;
    }
    HttpHeaders headers = LocalHeaders.empty();
    headers.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(TOO_LARGE.length()));
    headers.set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.TEXT_PLAIN);
    exchange.info.responseCode = 500;
    exchange.info.responseCodeDetails = details;
    exchange.info.responseHeaders = headers;
    sendHead(500, headers, false);
    sendBody(Unpooled.copiedBuffer(TOO_LARGE, StandardCharsets.US_ASCII), true);
    flush();
  }

  @Override
  public void reset(ResponseFlag flag, String details) {
    flag(flag);
    breakOff(details);
  }

  private void flag(@Nullable ResponseFlag flag) {
    if (flag != null) {
      exchange.info.flag(flag);
    }
  }

  private void breakOff(String details) {
    HttpStats stats = exchange.connection.stats;
    exchange.info.responseCodeDetails = details;
    stats.rqTxReset.inc();
    exchange.end();
    sender.reset();
  }

  @Override
  public void readRequest(boolean on) {
    if (!exchange.ended() && !exchange.requestEnded()) {
      sender.readRequest(on);
    }
  }

  /** A filter can take no more of the answer, or can again. */
  void hold(boolean on) {
    held = on;
  }

  @Override
  public boolean isWritable() {
    return !held && sender.isWritable();
  }

  @Override
  public int bufferLimit() {
    return exchange.connection.downstream.bufferLimit();
  }
}
