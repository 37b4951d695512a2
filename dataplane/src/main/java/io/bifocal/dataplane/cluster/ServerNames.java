package io.bifocal.dataplane.cluster;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.UpstreamHttpProtocolOptions;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Servers that TLS knows by the host that a request asks for.
 *
 * @param asked {@code auto_sni}: it is asked for, unless it is an IP address
 * @param verified {@code auto_san_validation}: its certificate must have that name or address
 * @param header {@code override_auto_sni_header}: where the host stands if it is there; empty for
 *     the request's own
 */
public record ServerNames(boolean asked, boolean verified, String header) {
  /** Null where they make no difference. */
  static @Nullable ServerNames of(Cluster cluster, UpstreamHttpProtocolOptions options) {
    boolean plain = !cluster.hasTransportSocket() && cluster.getTransportSocketMatchesCount() == 0;
    return plain || !(options.getAutoSni() || options.getAutoSanValidation())
        ? null
        : new ServerNames(
            options.getAutoSni(),
            options.getAutoSanValidation(),
            options.getOverrideAutoSniHeader());
  }

  /** What a request of the proxy's own wants of its connection; null for nothing. */
  public static @Nullable TransportSocketOptions of(WorkerCluster cluster, String authority) {
    ServerNames names = cluster.config().http().names();
    return names == null ? null : names.of(authority, EmptyHttpHeaders.INSTANCE);
  }

  /**
   * What a request wants of its connection.
   *
   * @param authority whom it asks for
   */
  public TransportSocketOptions of(String authority, HttpHeaders request) {
    String other = header.isEmpty() ? null : request.get(header);
    // A name has one pool of connections, however it is spelled.
    String host =
        host(other == null || other.isEmpty() ? authority : other).toLowerCase(Locale.ROOT);
    boolean isAddress = host.endsWith("]") || InetAddresses.isInetAddress(host);
    String name = isAddress ? host.replace("[", "").replace("]", "") : host;
    return new TransportSocketOptions(
        null, asked && !isAddress ? name : "", verified ? name : null);
  }

  private static String host(String authority) {
    if (authority.startsWith("[") && authority.indexOf(']') > 0) {
      return authority.substring(0, authority.indexOf(']') + 1);
    }
    int colon = authority.indexOf(':');
    return colon < 0 ? authority : authority.substring(0, colon);
  }
}
