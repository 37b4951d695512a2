package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.Http1UpstreamOptions;
import io.netty.channel.Channel;

/** The client's side of a connection, whatever version of HTTP is spoken on it. */
public interface ClientConnection {
  /** Begins an exchange; the receiver hears its answer. */
  RequestSender begin(ResponseReceiver receiver);

  /** What is spoken. */
  Protocol protocol();

  /** That of a channel: of HTTP/2 where that has been started, else of HTTP/1.1. */
  static ClientConnection of(Channel channel) {
    return of(channel, Http1UpstreamOptions.DEFAULT);
  }

  /**
   * The same.
   *
   * @param options how HTTP/1.1 is spoken, if it is and has not begun
   */
  static ClientConnection of(Channel channel, Http1UpstreamOptions options) {
    ClientConnection shared = channel.attr(Http2ClientConnection.KEY).get();
    return shared == null ? Http1ClientConnection.of(channel, options) : shared;
  }
}
