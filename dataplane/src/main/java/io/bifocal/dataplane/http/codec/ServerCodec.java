package io.bifocal.dataplane.http.codec;

import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.ssl.SslHandler;

/**
 * What of HTTP is spoken with clients, and how.
 *
 * @param kind {@code codec_type}
 */
public record ServerCodec(
    Kind kind, Http1Options http1, Http2ServerOptions http2, Http3ServerOptions http3) {
  /** Which versions. */
  public enum Kind {
    /** What ALPN has agreed on, else what the client begins with. */
    AUTO,
    HTTP1,
    HTTP2,
    /** On connections of QUIC, and there alone. */
    HTTP3
  }

  /** Whether that protocol of ALPN may be agreed on. */
  public boolean speaks(String alpn) {
    return switch (kind) {
      case AUTO -> true;
      case HTTP1 -> !alpn.equals("h2");
      case HTTP2 -> !alpn.startsWith("http/1");
      case HTTP3 -> alpn.equals("h3");
    };
  }

  /**
   * Serves a channel, on its loop; reading is for the caller to start.
   *
   * @param events hears which version it is before anything else, at once or when it is known
   */
  public void serve(Channel channel, Loop loop, Http2ServerStats stats, ServerEvents events) {
    if (kind == Kind.HTTP3) {
      events.onCodec(Http3ServerConnection.on((QuicChannel) channel, http3, events));
      return;
    }
    channel.pipeline().addLast(new ByteCounts(events));
    Server server =
        new Server() {
          @Override
          public void http1() {
            events.onCodec(Http1ServerConnection.on(channel, http1, events));
          }

          @Override
          public void http2() {
            events.onCodec(Http2ServerConnection.on(channel, loop, http2, stats, events));
          }
        };
    switch (kind) {
      case HTTP1 -> server.http1();
      case HTTP2 -> server.http2();
      case AUTO -> {
        String agreed = agreed(channel);
        if (agreed.equals("h2")) {
          server.http2();
        } else if (agreed.isEmpty()) {
          channel.pipeline().addLast(new PrefaceDetector(server, events));
        } else {
          server.http1();
        }
      }
      case HTTP3 -> throw new AssertionError("it is no connection of QUIC");
    }
  }

  /** Puts a version on a channel. */
  interface Server {
    void http1();

    void http2();
  }

  private static String agreed(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    String protocol = tls == null ? null : tls.applicationProtocol();
    return protocol == null ? "" : protocol;
  }
}
