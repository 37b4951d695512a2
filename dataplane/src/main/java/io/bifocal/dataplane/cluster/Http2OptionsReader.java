package io.bifocal.dataplane.cluster;

import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.dataplane.pool.Http2Options;
import io.bifocal.dataplane.pool.Http2Options.KeepAlive;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import java.util.List;

/** How HTTP/2 is to be spoken to a cluster, or with clients. */
public final class Http2OptionsReader {
  private Http2OptionsReader() {}

  static Http2Options read(Http2ProtocolOptions options, String path, List<String> warnings)
      throws ConfigException {
    warnings.addAll(ClusterFields.HTTP2.check(options, path));
    return of(options);
  }

  /** What both sides have in common. */
  @SuppressWarnings("deprecation") // the older of two names for one thing
  public static Http2Options of(Http2ProtocolOptions options) {
    Http2Options otherwise = Http2Options.DEFAULT;
    return new Http2Options(
        number(
            options.hasMaxConcurrentStreams(),
            options.getMaxConcurrentStreams(),
            otherwise.maxConcurrentStreams()),
        number(
            options.hasInitialStreamWindowSize(),
            options.getInitialStreamWindowSize(),
            otherwise.streamWindow()),
        number(
            options.hasInitialConnectionWindowSize(),
            options.getInitialConnectionWindowSize(),
            otherwise.connectionWindow()),
        number(
            options.hasHpackTableSize(), options.getHpackTableSize(), otherwise.hpackTableSize()),
        number(
            options.hasMaxOutboundControlFrames(),
            options.getMaxOutboundControlFrames(),
            otherwise.maxControlFrames()),
        number(
            options.hasMaxConsecutiveInboundFramesWithEmptyPayload(),
            options.getMaxConsecutiveInboundFramesWithEmptyPayload(),
            otherwise.maxEmptyFrames()),
        options.hasOverrideStreamErrorOnInvalidHttpMessage()
            ? options.getOverrideStreamErrorOnInvalidHttpMessage().getValue()
            : options.getStreamErrorOnInvalidHttpMessaging(),
        keepAlive(options));
  }

  private static KeepAlive keepAlive(Http2ProtocolOptions options) {
    if (!options.hasConnectionKeepalive()) {
      return KeepAlive.NONE;
    }
    KeepaliveSettings settings = options.getConnectionKeepalive();
    return new KeepAlive(
        JavaDuration.of(settings.getInterval()),
        JavaDuration.of(settings.getTimeout()),
        settings.hasIntervalJitter()
            ? settings.getIntervalJitter().getValue()
            : KeepAlive.NONE.jitterPercent(),
        JavaDuration.of(settings.getConnectionIdleInterval()));
  }

  /** An unsigned number as an int: four billion is as good as two. */
  private static int number(boolean set, UInt32Value value, int otherwise) {
    if (!set) {
      return otherwise;
    }
    return value.getValue() < 0 ? Integer.MAX_VALUE : value.getValue();
  }
}
