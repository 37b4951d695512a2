package io.bifocal.conformance.stress;

import io.bifocal.conformance.stress.Ledger.Outcome;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;

/** One exchange on a connection of HTTP/1.1 or a stream of HTTP/2, entered in the ledger. */
final class Answer extends SimpleChannelInboundHandler<HttpObject> {
  private static final int OK = 200;

  private final Ledger ledger;
  private final String path;
  private final int number;
  private final Ending ending;
  private final Numbered.Reader body;
  private int status;
  private boolean keepAlive;
  private boolean over;

  /** Hears when it is over. */
  interface Ending {
    /** Whether the connection can be used again. */
    void over(boolean keepAlive);
  }

  Answer(Ledger ledger, String path, Ending ending) {
    this.ledger = ledger;
    this.path = path;
    this.number = Numbered.ofPath(path);
    this.ending = ending;
    this.body = new Numbered.Reader(number);
  }

  /** Sends the request. */
  void ask(Channel channel) {
    int length = Numbered.requestLength(number);
    FullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            length == 0 ? HttpMethod.GET : HttpMethod.POST,
            path,
            Numbered.bytes(number, length));
    request.headers().set(HttpHeaderNames.HOST, "load");
    if (length > 0) {
      request.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
    }
    channel.pipeline().addLast(this);
    // A channel that was gone before this joined it tells of that to nobody.
    channel
        .writeAndFlush(request)
        .addListener(
            sent -> {
              if (!sent.isSuccess() && !over) {
                unasked();
              }
            });
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
    if (message.decoderResult().isFailure()) {
      end(ctx, Outcome.TORN, false);
      return;
    }
    if (message instanceof HttpResponse response) {
      status = response.status().code();
      keepAlive = HttpUtil.isKeepAlive(response);
    }
    if (message instanceof HttpContent content) {
      if (status == OK) {
        body.read(content.content());
      }
      if (message instanceof LastHttpContent) {
        end(ctx, whole(), keepAlive);
      }
    }
  }

  private Outcome whole() {
    if (status != OK) {
      return Outcome.REFUSED;
    }
    return body.is(Numbered.answerLength(number)) ? Outcome.ANSWERED : Outcome.TORN;
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end(ctx, status == 0 ? Outcome.NOTHING : Outcome.CUT, false);
  }

  /** The connection broke before it was asked. */
  void unasked() {
    over = true;
    ledger.asked(number, path, Outcome.NOTHING, 0);
    ending.over(false);
  }

  private void end(ChannelHandlerContext ctx, Outcome outcome, boolean reusable) {
    if (over) {
      return;
    }
    over = true;
    ledger.asked(number, path, outcome, status);
    ctx.pipeline().remove(this);
    ending.over(reusable);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    var unused = ctx.close();
  }
}
