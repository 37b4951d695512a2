package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.Http2Options;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Settings;

/** Netty's parts of a server's connection, as they are put together here. */
final class Http2ServerSetup
    extends AbstractHttp2ConnectionHandlerBuilder<Http2ServerConnection, Http2ServerSetup> {
  // Netty counts this much for each field; the limits are of what was sent.
  private static final int FIELD = 32;

  interface Maker {
    Http2ServerConnection make(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings);
  }

  private final Maker maker;

  Http2ServerSetup(Http2ServerOptions options, Maker maker) {
    this.maker = maker;
    Http2Options common = options.common();
    server(true);
    gracefulShutdownTimeoutMillis(-1); // no timers but the loop's
    headerSensitivityDetector((name, value) -> false);
    validateHeaders(true);
    validateRequiredPseudoHeaders(true);
    encoderIgnoreMaxHeaderListSize(true); // the peer will say what is too large for it
    encoderEnforceMaxQueuedControlFrames(common.maxControlFrames());
    decoderEnforceMaxConsecutiveEmptyDataFrames(common.maxEmptyFrames());
    // Who resets much is found out by what becomes of the requests.
    decoderEnforceMaxRstFramesPerWindow(0, 0);
    encoderEnforceMaxRstFramesPerWindow(0, 0);
    Http1Limits limits = options.limits();
    Http2Settings settings =
        new Http2Settings()
            .headerTableSize(common.hpackTableSize())
            .maxConcurrentStreams(common.maxConcurrentStreams())
            .initialWindowSize(common.streamWindow())
            .maxHeaderListSize(limits.maxHeaderBytes() + (long) FIELD * limits.maxHeaders());
    if (options.allowConnect()) {
      settings.connectProtocolEnabled(true);
    }
    options.customSettings().forEach(settings::put);
    initialSettings(settings);
  }

  Http2ServerConnection make() {
    return build();
  }

  @Override
  protected Http2ServerConnection build(
      Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
    Http2ServerConnection connection = maker.make(decoder, encoder, settings);
    frameListener(connection.streams());
    return connection;
  }
}
