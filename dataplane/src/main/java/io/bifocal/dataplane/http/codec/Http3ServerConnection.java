package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http3.DefaultHttp3GoAwayFrame;
import io.netty.handler.codec.http3.DefaultHttp3SettingsFrame;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.http3.Http3ErrorCode;
import io.netty.handler.codec.http3.Http3ServerConnectionHandler;
import io.netty.handler.codec.http3.Http3Settings;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The server's side of one connection of HTTP/3 (RFC 9114). Confined to its loop. */
public final class Http3ServerConnection extends ChannelInboundHandlerAdapter
    implements ServerConnection {
  /** Streams of clients' requests are numbered in such steps (RFC 9000, section 2.1). */
  private static final int STEP = 4;

  /** No request has a greater number. */
  private static final long LAST_STREAM = (1L << 62) - STEP;

  // Netty ends the connection of whoever sends a larger head, so it is not what is configured.
  private static final int LARGEST_HEAD = 256 * 1024;

  private static final String INVALID_HEAD = "http3.invalid_header_field";

  private enum State {
    SERVING,
    /** No request is taken any more; those that have begun are answered. */
    GOING_AWAY,
    CLOSING
  }

  private final QuicChannel channel;
  private final Http3ServerOptions options;
  private final ServerEvents events;
  private final Set<Http3ServerStream> streams = new HashSet<>();
  private State state = State.SERVING;
  private long nextStream;
  private int unsent;
  private @Nullable Future<?> lastMoment;

  private Http3ServerConnection(
      QuicChannel channel, Http3ServerOptions options, ServerEvents events) {
    this.channel = channel;
    this.options = options;
    this.events = events;
  }

  /** Serves {@code channel}, whose handshake is done, from now on. */
  static Http3ServerConnection on(
      QuicChannel channel, Http3ServerOptions options, ServerEvents events) {
    Http3ServerConnection made = new Http3ServerConnection(channel, options, events);
    Http3Settings settings =
        new Http3Settings()
            .maxFieldSectionSize(Math.max(LARGEST_HEAD, 4L * options.limits().maxHeaderBytes()));
    if (options.allowConnect()) {
      settings.enableConnectProtocol(true);
    }
    channel
        .pipeline()
        .addLast(
            new Http3ServerConnectionHandler(
                new ChannelInitializer<QuicStreamChannel>() {
                  @Override
                  protected void initChannel(QuicStreamChannel stream) {
                    made.accept(stream);
                  }
                },
                null,
                null,
                new DefaultHttp3SettingsFrame(settings),
                true))
        .addLast(made);
    return made;
  }

  private void accept(QuicStreamChannel stream) {
    if (state != State.SERVING) {
      var unused = stream.shutdown(Http3ErrorCode.H3_REQUEST_REJECTED.code());
      return;
    }
    nextStream = Math.max(nextStream, stream.streamId() + STEP);
    Http3ServerStream serving = new Http3ServerStream(this, stream);
    streams.add(serving);
    stream.config().setReadFrames(true);
    stream.pipeline().addFirst(serving.ends()).addLast(serving);
  }

  // ---- as the connection manager sees it

  @Override
  public Protocol protocol() {
    return Protocol.HTTP_3;
  }

  @Override
  public void shutdownNotice() {
    if (state == State.SERVING) {
      sendGoAway(LAST_STREAM);
    }
  }

  @Override
  public void goAway() {
    if (state == State.SERVING) {
      state = State.GOING_AWAY;
      sendGoAway(nextStream);
      closeIfIdle();
    }
  }

  private void sendGoAway(long id) {
    QuicStreamChannel control = Http3.getLocalControlStream(channel);
    if (control != null) {
      var unused = control.writeAndFlush(new DefaultHttp3GoAwayFrame(id));
    }
  }

  private void closeIfIdle() {
    if (state == State.GOING_AWAY && streams.isEmpty() && unsent == 0 && lastMoment == null) {
      closeInTime();
    }
  }

  // A close takes back what the library has and the client has not: it has its time for that, and
  // for a close of its own.
  private void closeInTime() {
    if (events.delayedClose() == 0) {
      close();
      return;
    }
    lastMoment =
        channel
            .eventLoop()
            .schedule((Runnable) this::close, events.delayedClose(), TimeUnit.NANOSECONDS);
  }

  /** An answer has been given, and its end is behind what waits for the client. */
  void sending(ChannelFuture end) {
    unsent++;
    end.addListener(
        done -> {
          unsent--;
          closeIfIdle();
        });
  }

  @Override
  public void refuse(RequestError error) {
    close(); // not asked: heads are whole when they are told of
  }

  @Override
  public void close() {
    close(Http3ErrorCode.H3_NO_ERROR, null);
  }

  private void close(Http3ErrorCode code, @Nullable String why) {
    if (state != State.CLOSING) {
      state = State.CLOSING;
      ByteBuf reason =
          why == null
              ? Unpooled.EMPTY_BUFFER
              : Unpooled.copiedBuffer(why, StandardCharsets.US_ASCII);
      var unused = channel.close(true, code.code(), reason);
    }
  }

  // ---- for its streams

  Http3ServerOptions options() {
    return options;
  }

  ServerEvents events() {
    return events;
  }

  /** A request is none: that ends its stream, or the connection if nothing else is configured. */
  void malformed(Http3ServerStream stream) {
    events.onRefusedHead(INVALID_HEAD);
    if (options.streamErrors()) {
      stream.end(ResetReason.PROTOCOL_ERROR, Http3ErrorCode.H3_MESSAGE_ERROR);
    } else {
      broken(Http3ErrorCode.H3_MESSAGE_ERROR, INVALID_HEAD);
    }
  }

  // Whoever is being served hears what was wrong before it hears of the close.
  void broken(Http3ErrorCode code, @Nullable String why) {
    if (state == State.CLOSING) {
      return;
    }
    failAll(ResetReason.PROTOCOL_ERROR);
    close(code, why);
  }

  private void failAll(ResetReason reason) {
    for (Http3ServerStream stream : List.copyOf(streams)) {
      stream.fail(reason);
    }
  }

  void onStreamClosed(Http3ServerStream stream) {
    if (streams.remove(stream) && streams.isEmpty()) {
      if (state == State.SERVING) {
        events.onIdle();
      } else {
        closeIfIdle();
      }
    }
  }

  // ---- what happens to the connection

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Faults.report(cause);
    broken(Http3ErrorCode.H3_INTERNAL_ERROR, null);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (lastMoment != null) {
      lastMoment.cancel(false);
    }
    boolean here = state == State.CLOSING;
    state = State.CLOSING;
    failAll(ResetReason.CONNECTION_TERMINATION);
    events.onClosed(here);
    ctx.fireChannelInactive();
  }
}
