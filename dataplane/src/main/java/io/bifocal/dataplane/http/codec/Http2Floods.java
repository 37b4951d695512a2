package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.stats.Cell;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;

/**
 * Frames that cost a client nothing and change little: how many of them one connection may send,
 * and how many of ours may wait for it to read. Source: Envoy's {@code ProtocolConstraints}.
 */
final class Http2Floods {
  private final Http2ServerOptions options;
  private final Http2ServerStats stats;
  private final ChannelFutureListener onWritten = this::onWritten;
  private long streams;
  private long dataFrames;
  private long priorities;
  private long windowUpdates;
  private int unwritten;

  Http2Floods(Http2ServerOptions options, Http2ServerStats stats) {
    this.options = options;
    this.stats = stats;
  }

  void onStream() {
    streams++;
  }

  /** A part of a body goes out. */
  void onDataSent() {
    dataFrames++;
  }

  /** A head goes out. */
  void onHeadSent(ChannelFuture written) {
    unwritten++;
    written.addListener(onWritten);
  }

  private void onWritten(ChannelFuture done) {
    unwritten--;
  }

  /** Whether more heads wait for the client to read than may. */
  boolean isUnread() {
    return unwritten > options.maxOutboundFrames();
  }

  void onPriority() throws Http2Exception {
    check(++priorities, options.maxPriorityFrames() * (1 + streams), stats.priorityFramesFlood);
  }

  void onWindowUpdate() throws Http2Exception {
    long limit = 5 + 2 * (streams + options.maxWindowUpdates() * dataFrames);
    check(++windowUpdates, limit, stats.windowUpdateFramesFlood);
  }

  private static void check(long count, long limit, Cell cell) throws Http2Exception {
    if (count > limit) {
      cell.inc();
      throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "a flood of frames");
    }
  }
}
