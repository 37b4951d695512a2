package io.bifocal.dataplane.admin;

import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Date;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection to the admin interface: one request after the other. */
final class AdminHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger log = LoggerFactory.getLogger(AdminHandler.class);
  private static final Duration GIVE_WAY = Duration.ofMillis(1);

  private final Endpoints endpoints;
  private final AdminStats stats;
  private final Loop loop;

  AdminHandler(Endpoints endpoints, AdminStats stats, Loop loop) {
    this.endpoints = endpoints;
    this.stats = stats;
    this.loop = loop;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ctx.read();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest http) {
    stats.asked();
    Channel channel = ctx.channel();
    boolean head = http.method().equals(HttpMethod.HEAD);
    boolean old = http.protocolVersion().compareTo(HttpVersion.HTTP_1_1) < 0;
    if (http.decoderResult().isFailure()) {
      write(channel, Answer.error(400, "Bad Request"), head, true, true);
      return;
    }
    boolean last = !HttpUtil.isKeepAlive(http);
    Request request = Request.of(http.method().name(), http.uri(), form(http));
    var unused =
        endpoints
            .answer(request)
            .exceptionally(
                e -> {
                  log.error("{} {} failed", request.method(), request.path(), e);
                  return Answer.error(500, "internal error: " + e.getMessage() + "\n");
                })
            .thenAcceptAsync(
                answer -> write(channel, answer, head, old, last || old), channel.eventLoop());
  }

  private static String form(FullHttpRequest http) {
    return HttpHeaderValues.APPLICATION_X_WWW_FORM_URLENCODED.contentEqualsIgnoreCase(
            http.headers().get(HttpHeaderNames.CONTENT_TYPE))
        ? http.content().toString(StandardCharsets.UTF_8)
        : "";
  }

  /**
   * Answers, and reads on.
   *
   * @param old whether the client knows no chunks: the end of the connection ends the body
   */
  private void write(Channel channel, Answer answer, boolean head, boolean old, boolean last) {
    HttpResponseStatus status = HttpResponseStatus.valueOf(answer.status());
    HttpResponse response =
        head
            ? new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status)
            : new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, answer.contentType())
        .set(HttpHeaderNames.CACHE_CONTROL, "no-cache, max-age=0")
        .set("x-content-type-options", "nosniff")
        .set(HttpHeaderNames.DATE, DateFormatter.format(Date.from(loop.wallTime())))
        .set(HttpHeaderNames.SERVER, "envoy");
    HttpUtil.setTransferEncodingChunked(response, !old);
    if (last) {
      response.headers().set(HttpHeaderNames.CONNECTION, "close");
    }
    ChannelFuture written = channel.write(response);
    if (!head) {
      written =
          channel.write(new HttpChunkedInput(new TextChunks(answer.body(), () -> resume(channel))));
    }
    channel.flush();
    // When it is out, as in Envoy: a page of statistics does not count itself.
    written.addListener(f -> stats.answered(answer.status()));
    written.addListener(
        last ? ChannelFutureListener.CLOSE : (ChannelFutureListener) f -> f.channel().read());
  }

  // A task at once would run before what other connections have sent is read.
  private void resume(Channel channel) {
    var unused =
        loop.schedule(
            GIVE_WAY,
            () -> {
              ChunkedWriteHandler writer = channel.pipeline().get(ChunkedWriteHandler.class);
              if (writer != null) { // else it is closed
                writer.resumeTransfer();
              }
            });
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof IdleStateEvent) {
      var unused = ctx.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("admin connection {} failed", ctx.channel(), cause);
    var unused = ctx.close();
  }
}
