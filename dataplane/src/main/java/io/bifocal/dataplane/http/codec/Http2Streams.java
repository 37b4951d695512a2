package io.bifocal.dataplane.http.codec;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Leads what comes in on a connection to the exchange that it is for. */
final class Http2Streams extends Http2EventAdapter implements Http2RemoteFlowController.Listener {
  private final Http2Codec codec;
  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  // Those that have heard something since the last flush.
  private final List<Http2Exchange> touched = new ArrayList<>();

  Http2Streams(Http2Codec codec, Http2Connection connection) {
    this.codec = codec;
    this.connection = connection;
    this.key = connection.newKey();
  }

  void put(Http2Stream stream, Http2Exchange exchange) {
    stream.setProperty(key, exchange);
  }

  @Nullable Http2Exchange of(@Nullable Http2Stream stream) {
    return stream == null ? null : stream.getProperty(key);
  }

  private @Nullable Http2Exchange touch(int id) {
    Http2Exchange exchange = of(connection.stream(id));
    if (exchange != null && (touched.isEmpty() || touched.get(touched.size() - 1) != exchange)) {
      touched.add(exchange);
    }
    return exchange;
  }

  /** What was at hand has been read. */
  void onReadComplete() {
    for (int i = 0; i < touched.size(); i++) {
      touched.get(i).onReadComplete();
    }
    touched.clear();
  }

  /** No more comes on any stream. */
  void failAll(ResetReason reason) {
    List<Http2Exchange> all = new ArrayList<>();
    try {
      connection.forEachActiveStream(
          stream -> {
            Http2Exchange exchange = of(stream);
            if (exchange != null) {
              all.add(exchange);
            }
            return true;
          });
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
    all.forEach(exchange -> exchange.fail(reason));
  }

  // ---- frames

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean end)
      throws Http2Exception {
    Http2Exchange exchange = touch(id);
    if (exchange == null && connection.remote().isValidStreamId(id) && !connection.isServer()) {
      // A server opens none that was not promised, and promises were declined.
      throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "a stream of the server");
    }
    if (exchange == null && connection.isServer()) {
      accept(id);
      exchange = touch(id);
    }
    if (exchange != null) {
      exchange.onHeaders(headers, end);
    }
  }

  private void accept(int id) {
    Http2Stream stream = connection.stream(id);
    Http2Exchange exchange = stream == null ? null : codec.accept(stream);
    if (stream != null && exchange != null) {
      put(stream, exchange);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int id,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean end)
      throws Http2Exception {
    onHeadersRead(ctx, id, headers, padding, end);
  }

  @Override
  public int onDataRead(ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end) {
    Http2Exchange exchange = touch(id);
    return padding + (exchange == null ? data.readableBytes() : exchange.onData(data, end));
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int id, long code) {
    codec.onReset();
    Http2Exchange exchange = touch(id);
    if (exchange != null) {
      exchange.fail(reason(code));
    }
  }

  private ResetReason reason(long code) {
    if (code == Http2Error.REFUSED_STREAM.code()) {
      return ResetReason.REMOTE_REFUSED_STREAM_RESET;
    } else if (code == Http2Error.CONNECT_ERROR.code()) {
      return ResetReason.REMOTE_CONNECT_ERROR;
    } else if (code == Http2Error.PROTOCOL_ERROR.code()) {
      return ResetReason.PROTOCOL_ERROR;
    }
    return ResetReason.REMOTE_RESET;
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
    codec.onSettings(settings);
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext ctx, long data) {
    codec.onPingAnswered();
  }

  @Override
  public void onGoAwayRead(ChannelHandlerContext ctx, int lastStreamId, long code, ByteBuf debug) {
    codec.onGoAway(lastStreamId);
  }

  @Override
  public void onPriorityRead(
      ChannelHandlerContext ctx, int id, int dependency, short weight, boolean exclusive)
      throws Http2Exception {
    codec.onPriority();
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext ctx, int id, int increment)
      throws Http2Exception {
    codec.onWindowUpdate(id, increment);
  }

  // ---- states

  @Override
  public void onStreamClosed(Http2Stream stream) {
    Http2Exchange exchange = of(stream);
    if (exchange != null) {
      exchange.fail(codec.closed(stream));
      codec.onStreamClosed();
    }
  }

  @Override
  public void writabilityChanged(Http2Stream stream) {
    Http2Exchange exchange = of(stream);
    if (exchange != null) {
      exchange.onWritabilityChanged(codec.isWritable(stream));
    }
  }
}
