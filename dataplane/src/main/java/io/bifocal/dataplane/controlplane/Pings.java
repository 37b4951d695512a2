package io.bifocal.dataplane.controlplane;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.bifocal.api.JavaDuration;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * How a connection to a control plane is tested, whether or not a stream is open on it: {@code
 * connection_keepalive} of its cluster's {@code http2_protocol_options}. grpc-java pings no oftener
 * than every 10 s, and only while nothing comes in.
 *
 * @param interval zero for no pings
 * @param timeout until a ping must be answered
 */
public record Pings(Duration interval, Duration timeout) {
  static final Pings NONE = new Pings(Duration.ZERO, Duration.ZERO);

  private static final String OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  /** By cluster, as a bootstrap's static clusters say. */
  public static Function<String, Pings> of(Bootstrap bootstrap) {
    Map<String, Pings> byCluster = new HashMap<>();
    for (Cluster cluster : bootstrap.getStaticResources().getClustersList()) {
      byCluster.put(cluster.getName(), of(http2(cluster).getConnectionKeepalive()));
    }
    return name -> byCluster.getOrDefault(name, NONE);
  }

  private static Pings of(KeepaliveSettings settings) {
    return settings.hasInterval()
        ? new Pings(JavaDuration.of(settings.getInterval()), JavaDuration.of(settings.getTimeout()))
        : NONE;
  }

  @SuppressWarnings("deprecation") // http2_protocol_options, which Envoy still takes
  private static Http2ProtocolOptions http2(Cluster cluster) {
    Any typed = cluster.getTypedExtensionProtocolOptionsMap().get(OPTIONS);
    if (typed == null) {
      return cluster.getHttp2ProtocolOptions();
    }
    try {
      return typed
          .unpack(HttpProtocolOptions.class)
          .getExplicitHttpConfig()
          .getHttp2ProtocolOptions();
    } catch (InvalidProtocolBufferException e) {
      return Http2ProtocolOptions.getDefaultInstance(); // the cluster is refused for it
    }
  }

  NettyChannelBuilder applyTo(NettyChannelBuilder channel) {
    return interval.isZero()
        ? channel
        : channel
            .keepAliveTime(interval.toNanos(), TimeUnit.NANOSECONDS)
            .keepAliveTimeout(Math.max(1, timeout.toNanos()), TimeUnit.NANOSECONDS)
            .keepAliveWithoutCalls(true);
  }
}
