package io.bifocal.dataplane.cluster;

import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.OriginalDstLbConfig;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a request of a cluster of type {@code ORIGINAL_DST} goes: where metadata say, or a header,
 * or else where its client wanted to go. Source: {@code Cluster.OriginalDstLbConfig}.
 *
 * @param header null when no header counts
 * @param metadata null when no metadata counts
 * @param port that takes the place of all others; 0 for none
 * @param cleanup after how long without use a host is forgotten
 */
public record OriginalDestination(
    @Nullable String header, @Nullable MetadataKey metadata, int port, Duration cleanup)
    implements Discovery {
  private static final String HEADER = "x-envoy-original-dst-host";

  static OriginalDestination of(OriginalDstLbConfig config, Duration cleanup) {
    String header = config.getHttpHeaderName().isEmpty() ? HEADER : config.getHttpHeaderName();
    return new OriginalDestination(
        config.getUseHttpHeader() ? header : null,
        config.hasMetadataKey() ? config.getMetadataKey() : null,
        config.getUpstreamPortOverride().getValue(),
        cleanup);
  }

  @Override
  public boolean mayRace() {
    return false;
  }

  /**
   * The address for one request; null when none is known.
   *
   * @param headers null when there are none
   * @param stats of the cluster, where what is no address is counted
   */
  public @Nullable Address find(
      @Nullable HttpHeaders headers, StreamInfo info, UpstreamStats stats) {
    Address.Ip found = said(metadata == null ? null : inMetadata(metadata, info), stats);
    if (found == null && header != null && headers != null) {
      found = said(headers.get(header), stats);
    }
    if (found == null) {
      StreamInfo connection = info.connection == null ? info : info.connection;
      found =
          connection.downstreamLocalRestored && connection.downstreamLocal instanceof Address.Ip ip
              ? ip
              : null;
    }
    return found == null || port == 0 ? found : new Address.Ip(found.ip(), port);
  }

  private static Address.@Nullable Ip said(@Nullable String text, UpstreamStats stats) {
    if (text == null) {
      return null;
    }
    try {
      HostAndPort both = HostAndPort.fromString(text);
      return new Address.Ip(InetAddresses.forString(both.getHost()), both.getPort());
    } catch (IllegalArgumentException | IllegalStateException e) {
      stats.originalDstHostInvalid.inc();
      return null;
    }
  }

  // Of the request or else of its connection; of a list the first.
  private static @Nullable String inMetadata(MetadataKey key, StreamInfo info) {
    String own = text(key, info);
    return own == null && info.connection != null ? text(key, info.connection) : own;
  }

  private static @Nullable String text(MetadataKey key, StreamInfo info) {
    Struct fields = info.dynamicMetadata.get(key.getKey());
    Value value = null;
    for (MetadataKey.PathSegment segment : key.getPathList()) {
      value = fields == null ? null : fields.getFieldsMap().get(segment.getKey());
      fields = value != null && value.hasStructValue() ? value.getStructValue() : null;
    }
    if (value != null && value.hasListValue()) {
      List<Value> all = value.getListValue().getValuesList();
      value = all.isEmpty() ? null : all.get(0);
    }
    return value != null && value.hasStringValue() ? value.getStringValue() : null;
  }
}
