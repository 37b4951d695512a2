package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.Http2Options;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Settings;

/** Netty's parts of a client's connection, as they are put together here. */
final class Http2Setup
    extends AbstractHttp2ConnectionHandlerBuilder<Http2ClientConnection, Http2Setup> {
  interface Maker {
    Http2ClientConnection make(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings);
  }

  private Maker maker =
      (decoder, encoder, settings) -> {
        throw new IllegalStateException();
      };

  Http2Setup(Http2Options options) {
    server(false);
    gracefulShutdownTimeoutMillis(-1); // no timers but the loop's
    headerSensitivityDetector(Http2Setup::isSensitive);
    validateHeaders(true);
    validateRequiredPseudoHeaders(true);
    encoderIgnoreMaxHeaderListSize(true); // the peer will say what is too large for it
    encoderEnforceMaxQueuedControlFrames(options.maxControlFrames());
    decoderEnforceMaxConsecutiveEmptyDataFrames(options.maxEmptyFrames());
    initialSettings(
        new Http2Settings()
            .pushEnabled(false)
            .headerTableSize(options.hpackTableSize())
            .maxConcurrentStreams(options.maxConcurrentStreams())
            .initialWindowSize(options.streamWindow())
            .maxHeaderListSize(Http1Limits.DEFAULT.maxHeaderBytes()));
  }

  // Not to be guessed from how well it compresses (RFC 7541, section 7.1).
  private static boolean isSensitive(CharSequence name, CharSequence value) {
    return switch (name.length()) {
      case 6 -> value.length() < 20 && HttpHeaderNames.COOKIE.contentEquals(name);
      case 13 -> HttpHeaderNames.AUTHORIZATION.contentEquals(name);
      default -> false;
    };
  }

  Http2ClientConnection build(Maker made) {
    maker = made;
    return build();
  }

  @Override
  protected Http2ClientConnection build(
      Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
    Http2ClientConnection connection = maker.make(decoder, encoder, settings);
    frameListener(connection.streams());
    return connection;
  }
}
