package io.bifocal.dataplane.cluster;

import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.dataplane.transport.QuicOptions;
import io.bifocal.dataplane.transport.QuicOptions.KeepAlive;
import io.envoyproxy.envoy.config.core.v3.Http3ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.QuicKeepAliveSettings;
import io.envoyproxy.envoy.config.core.v3.QuicProtocolOptions;
import java.time.Duration;
import java.util.List;

/** How HTTP/3 is to be spoken to a cluster. */
final class Http3OptionsReader {
  private Http3OptionsReader() {}

  static QuicOptions read(Http3ProtocolOptions options, String path, List<String> warnings)
      throws ConfigException {
    warnings.addAll(ClusterFields.HTTP3.check(options, path));
    QuicProtocolOptions quic = options.getQuicProtocolOptions();
    warnings.addAll(ClusterFields.QUIC.check(quic, path + ".quic_protocol_options"));
    QuicOptions otherwise = QuicOptions.DEFAULT;
    Duration idle =
        quic.hasIdleNetworkTimeout()
            ? JavaDuration.of(quic.getIdleNetworkTimeout())
            : otherwise.idleTimeout();
    return new QuicOptions(
        (int)
            number(
                quic.hasMaxConcurrentStreams(),
                quic.getMaxConcurrentStreams(),
                otherwise.maxConcurrentStreams()),
        number(
            quic.hasInitialStreamWindowSize(),
            quic.getInitialStreamWindowSize(),
            otherwise.streamWindow()),
        number(
            quic.hasInitialConnectionWindowSize(),
            quic.getInitialConnectionWindowSize(),
            otherwise.connectionWindow()),
        idle,
        keepAlive(quic));
  }

  private static KeepAlive keepAlive(QuicProtocolOptions quic) throws ConfigException {
    QuicKeepAliveSettings settings = quic.getConnectionKeepalive();
    return new KeepAlive(
        JavaDuration.of(settings.getInitialInterval()),
        settings.hasMaxInterval()
            ? JavaDuration.of(settings.getMaxInterval())
            : KeepAlive.DEFAULT.max());
  }

  /** An unsigned number: four billion is as good as two. */
  private static long number(boolean set, UInt32Value value, long otherwise) {
    if (!set) {
      return otherwise;
    }
    return value.getValue() < 0 ? Integer.MAX_VALUE : value.getValue();
  }
}
