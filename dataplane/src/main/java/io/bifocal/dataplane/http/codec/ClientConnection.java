package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.Http1UpstreamOptions;
import io.bifocal.dataplane.pool.Session;
import io.netty.channel.Channel;
import io.netty.handler.codec.quic.QuicChannel;

/** The client's side of a connection, whatever version of HTTP is spoken on it. */
public interface ClientConnection {
  /** Begins an exchange; the receiver hears its answer. */
  RequestSender begin(ResponseReceiver receiver);

  /** What is spoken. */
  Protocol protocol();

  /** Puts HTTP/3 on QUIC, and HTTP/2 on other channels. */
  Session.Factory SESSIONS =
      (channel, loop, options, limit, stats, listener) ->
          channel instanceof QuicChannel quic
              ? Http3ClientConnection.start(quic, loop, options, limit, stats, listener)
              : Http2ClientConnection.SESSIONS.start(
                  channel, loop, options, limit, stats, listener);

  /** That of a channel: of HTTP/2 or HTTP/3 where that has been started, else of HTTP/1.1. */
  static ClientConnection of(Channel channel) {
    return of(channel, Http1UpstreamOptions.DEFAULT);
  }

  /**
   * The same.
   *
   * @param options how HTTP/1.1 is spoken, if it is and has not begun
   */
  static ClientConnection of(Channel channel, Http1UpstreamOptions options) {
    ClientConnection shared =
        channel instanceof QuicChannel
            ? channel.attr(Http3ClientConnection.KEY).get()
            : channel.attr(Http2ClientConnection.KEY).get();
    return shared == null ? Http1ClientConnection.of(channel, options) : shared;
  }
}
