package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.HalfClose;
import io.bifocal.dataplane.transport.TransportFailure;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.internal.tcnative.SSL;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The users' side of TLS: they see bytes and their end, as on a plain socket.
 *
 * <p>What the peer says together with the end of the handshake is decrypted before anybody reads;
 * it is kept, a read's worth of bytes, until somebody does.
 */
final class TlsStream extends ChannelDuplexHandler implements HalfClose.Directions {
  private static final String NAME = "tls-stream";

  private enum State {
    /** Nobody has read yet. */
    UNREAD,
    /** Somebody reads; what is kept is about to be handed out. */
    ASKED,
    OPEN
  }

  private final SslHandler ssl;
  private final Handshake handshake;
  private final Queue<Object> early = new ArrayDeque<>(0);
  private State state = State.UNREAD;
  private boolean inputEnded;
  private boolean outputEnded;
  private @Nullable Throwable error;

  private TlsStream(SslHandler ssl, Handshake handshake) {
    this.ssl = ssl;
    this.handshake = handshake;
  }

  /**
   * Puts TLS between a socket and its users.
   *
   * @return done when the handshake is, or failed with an exception whose message tells why
   */
  static Future<?> start(Channel channel, SslHandler ssl, Handshake handshake) {
    TlsStream stream = new TlsStream(ssl, handshake);
    Promise<Void> ready = channel.eventLoop().newPromise();
    ssl.handshakeFuture()
        .addListener(
            done -> {
              Throwable failure = stream.failure(done.cause());
              if (failure == null) {
                handshake.succeeded(ssl.engine());
                if (handshake.validated()) {
                  TlsSession.validated(channel);
                }
                ready.setSuccess(null);
              } else {
                handshake.failed(failure);
                ChannelHandlerContext tls = channel.pipeline().context(ssl);
                if (tls != null) {
                  PlainText.answer(tls, failure, handshake.first());
                }
                ready.setFailure(new TlsException(handshake.reason(failure), failure));
              }
            });
    HalfClose.use(channel, stream);
    channel.pipeline().addLast(NAME, stream).addBefore(NAME, null, ssl);
    return ready;
  }

  /** What really made a handshake fail: the socket's error, where there was one. */
  @Nullable Throwable failure(@Nullable Throwable handshakeFailure) {
    return handshakeFailure == null || error == null ? handshakeFailure : error;
  }

  // ---- reading

  @Override
  public void read(ChannelHandlerContext ctx) {
    switch (state) {
      case UNREAD -> {
        if (early.isEmpty()) {
          state = State.OPEN;
          ctx.read();
        } else {
          // Later, as from a socket: who asks is not told within the call.
          state = State.ASKED;
          ctx.executor().execute(() -> handOut(ctx));
        }
      }
      case ASKED -> {}
      case OPEN -> ctx.read();
    }
  }

  private void handOut(ChannelHandlerContext ctx) {
    if (state == State.OPEN) {
      return;
    }
    state = State.OPEN;
    for (Object next = early.poll(); next != null; next = early.poll()) {
      ctx.fireChannelRead(next);
    }
    ctx.fireChannelReadComplete();
    if (inputEnded) {
      tellEnd(ctx);
    } else if (ctx.channel().config().isAutoRead()) {
      ctx.read();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (state == State.OPEN) {
      ctx.fireChannelRead(message);
    } else {
      early.add(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (failedUnheard()) {
      ctx.flush(); // now it does
      var unused = ctx.close();
    }
    ctx.fireChannelReadComplete();
    if (outputEnded) { // BoringSSL's engine then tells of an end once, and too early
      endIfClosed(ctx);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      endInput(ctx);
    } else if (event instanceof SslCloseCompletionEvent) {
      endIfClosed(ctx);
    } else if (!(event instanceof SslHandshakeCompletionEvent)) {
      ctx.fireUserEventTriggered(event);
    }
  }

  /**
   * Whether what was read was refused, and the peer told so: BoringSSL's engine then tells us only
   * when it is used again, which may be never.
   */
  private boolean failedUnheard() {
    return ssl.engine() instanceof ReferenceCountedOpenSslEngine engine
        && !engine.isInboundDone()
        && (SSL.getShutdown(engine.sslPointer()) & SSL.SSL_RECEIVED_SHUTDOWN) != 0;
  }

  private void endIfClosed(ChannelHandlerContext ctx) {
    if (ssl.engine().isInboundDone()) {
      endInput(ctx);
    }
  }

  private void endInput(ChannelHandlerContext ctx) {
    if (!inputEnded) {
      inputEnded = true;
      if (early.isEmpty()) {
        tellEnd(ctx);
      }
    }
  }

  /**
   * After a {@code close_notify} neither library sends any more (RFC 5246 section 7.2.1 has it so
   * too), so that it ends both directions; a mere FIN ends the one.
   */
  private void tellEnd(ChannelHandlerContext ctx) {
    if (ssl.engine().isInboundDone()) {
      var unused = ctx.close();
    } else {
      ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    handOut(ctx);
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (ssl.handshakeFuture().isSuccess()) {
      handshake.failed(cause);
      TransportFailure.tell(ctx.channel(), handshake.reason(cause));
      ctx.fireExceptionCaught(cause);
    } else if (error == null && cause instanceof IOException && !(cause instanceof SSLException)) {
      error = cause; // the handshake is about to fail, and knows no more than that it was closed
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    for (Object next = early.poll(); next != null; next = early.poll()) {
      ReferenceCountUtil.release(next);
    }
  }

  // ---- ending one direction

  @Override
  public Future<?> endOutput() {
    outputEnded = true;
    return ssl.closeOutbound();
  }

  @Override
  public boolean bothEnded() {
    return inputEnded && outputEnded;
  }
}
