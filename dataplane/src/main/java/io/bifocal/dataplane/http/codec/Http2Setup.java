package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.Http2Options;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Settings;

/**
 * Netty's parts of a connection, as they are put together here.
 *
 * @param <C> the side
 */
final class Http2Setup<C extends Http2Endpoint>
    extends AbstractHttp2ConnectionHandlerBuilder<C, Http2Setup<C>> {
  // Netty counts this much for each field; a server's limits are of what was sent.
  private static final int FIELD = 32;

  interface Maker<C> {
    C make(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings);
  }

  private final Maker<C> maker;

  private Http2Setup(Http2Options options, boolean server, Maker<C> maker) {
    this.maker = maker;
    server(server);
    gracefulShutdownTimeoutMillis(-1); // no timers but the loop's
    validateHeaders(true);
    validateRequiredPseudoHeaders(true);
    encoderIgnoreMaxHeaderListSize(true); // the peer will say what is too large for it
    encoderEnforceMaxQueuedControlFrames(options.maxControlFrames());
    decoderEnforceMaxConsecutiveEmptyDataFrames(options.maxEmptyFrames());
    initialSettings(
        new Http2Settings()
            .headerTableSize(options.hpackTableSize())
            .maxConcurrentStreams(options.maxConcurrentStreams())
            .initialWindowSize(options.streamWindow()));
  }

  static Http2ClientConnection client(Http2Options options, Maker<Http2ClientConnection> maker) {
    Http2Setup<Http2ClientConnection> setup = new Http2Setup<>(options, false, maker);
    setup.headerSensitivityDetector(Http2Setup::isSensitive);
    setup.initialSettings().pushEnabled(false).maxHeaderListSize(options.limits().maxHeaderBytes());
    return setup.build();
  }

  static Http2ServerConnection server(
      Http2ServerOptions options, Maker<Http2ServerConnection> maker) {
    Http2Setup<Http2ServerConnection> setup = new Http2Setup<>(options.common(), true, maker);
    setup.headerSensitivityDetector((name, value) -> false);
    // Who resets much is found out by what becomes of the requests.
    setup.decoderEnforceMaxRstFramesPerWindow(0, 0);
    setup.encoderEnforceMaxRstFramesPerWindow(0, 0);
    Http1Limits limits = options.limits();
    Http2Settings settings =
        setup
            .initialSettings()
            .maxHeaderListSize(limits.maxHeaderBytes() + (long) FIELD * limits.maxHeaders());
    if (options.allowConnect()) {
      settings.connectProtocolEnabled(true);
    }
    options.customSettings().forEach(settings::put);
    return setup.build();
  }

  // Not to be guessed from how well it compresses (RFC 7541, section 7.1).
  private static boolean isSensitive(CharSequence name, CharSequence value) {
    return switch (name.length()) {
      case 6 -> value.length() < 20 && HttpHeaderNames.COOKIE.contentEquals(name);
      case 13 -> HttpHeaderNames.AUTHORIZATION.contentEquals(name);
      default -> false;
    };
  }

  @Override
  protected C build(
      Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
    C connection = maker.make(decoder, encoder, settings);
    frameListener(connection.streams());
    return connection;
  }
}
