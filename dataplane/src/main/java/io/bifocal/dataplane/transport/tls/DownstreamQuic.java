package io.bifocal.dataplane.transport.tls;

import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.secret.Secrets;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.DownstreamSocketFactory;
import io.bifocal.dataplane.transport.TransportSocket;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.handler.ssl.SniCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * Transport sockets of a filter chain whose connections come over QUIC, which has TLS in it. What
 * they share is made when its secrets are there, and serves all workers.
 *
 * <p>Source: {@code envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport}.
 */
public final class DownstreamQuic implements DownstreamSocketFactory {
  private static final AttributeKey<QuicServerContext> CONTEXT =
      AttributeKey.valueOf(DownstreamQuic.class, "context");

  private final Secrets secrets;
  private final SecretContext<QuicServerContext> context;

  DownstreamQuic(Secrets secrets, SecretContext<QuicServerContext> context) {
    this.secrets = secrets;
    this.context = context;
  }

  @Override
  public TransportSocket on(Scope listener, int shard) {
    return new Side(
        context,
        TlsStats.ofListener(listener, shard),
        SocketFactoryStats.downstreamNotReady(listener, shard));
  }

  @Override
  public void start(Scope listener, InitManager init) {
    context.start(listener, secrets, init, SocketFactoryStats.downstreamUpdates(listener)::inc);
  }

  @Override
  public void close() {
    context.close();
  }

  /** One worker's: an engine before there is a connection, and how its handshake ends. */
  public static final class Side implements TransportSocket {
    private final SecretContext<QuicServerContext> context;
    private final TlsStats stats;
    private final Cell notReady;

    private Side(SecretContext<QuicServerContext> context, TlsStats stats, Cell notReady) {
      this.context = context;
      this.stats = stats;
      this.notReady = notReady;
    }

    /** For a connection whose first packet has come; null while a secret is missing. */
    public @Nullable QuicSslEngine engine(QuicChannel channel) {
      QuicServerContext now = context.current();
      if (now == null) {
        notReady.inc();
        return null;
      }
      channel.attr(CONTEXT).set(now);
      return now.engine(channel, stats);
    }

    /** What is known of a connection's TLS when its handshake is done. */
    public @Nullable TlsSession session(QuicChannel channel) {
      return TlsSession.of(channel);
    }

    @Override
    public Future<?> start(Channel channel) {
      Promise<Void> ready = channel.eventLoop().newPromise();
      channel.pipeline().addLast(new End(ready));
      return ready;
    }
  }

  private static final class End extends ChannelInboundHandlerAdapter {
    private final Promise<Void> ready;

    End(Promise<Void> ready) {
      this.ready = ready;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SniCompletionEvent asked) {
        asked(ctx, Objects.requireNonNullElse(asked.hostname(), ""));
      } else if (event instanceof SslHandshakeCompletionEvent done) {
        end(ctx, done.cause());
      } else if (event instanceof QuicConnectionCloseEvent && !ready.isDone()) {
        end(ctx, new ClosedChannelException());
      } else {
        ctx.fireUserEventTriggered(event);
      }
    }

    // Before a certificate is chosen.
    private void asked(ChannelHandlerContext ctx, String server) {
      QuicChannel channel = (QuicChannel) ctx.channel();
      TlsSession.asked(server, channel);
      Handshake handshake = handshake(channel);
      if (handshake != null) {
        handshake.asked(server);
      }
    }

    private static @Nullable Handshake handshake(QuicChannel channel) {
      QuicServerContext context = channel.attr(CONTEXT).get();
      return context == null ? null : context.known(channel.sslEngine());
    }

    private void end(ChannelHandlerContext ctx, @Nullable Throwable failure) {
      QuicChannel channel = (QuicChannel) ctx.channel();
      Handshake handshake = handshake(channel);
      SSLEngine engine = channel.sslEngine();
      if (failure == null && handshake != null && engine != null) {
        failure = handshake.judgeResumed(engine);
      }
      if (failure == null) {
        if (handshake != null && engine != null) {
          handshake.succeeded(engine);
          if (handshake.validated()) {
            TlsSession.validated(channel);
          }
        }
        ready.trySuccess(null);
      } else if (ready.tryFailure(new TlsException(TlsErrors.text(failure), failure))
          && handshake != null) {
        handshake.failed(failure);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      end(ctx, new ClosedChannelException());
      ctx.fireChannelInactive();
    }
  }
}
