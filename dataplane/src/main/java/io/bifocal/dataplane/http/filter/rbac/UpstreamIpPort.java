package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.match.IpRange;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher;
import io.envoyproxy.envoy.type.v3.Int64Range;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests to a host at such an address. Which one it is, only filters towards upstreams know.
 *
 * @param ip null for any
 * @param ports its end is one of them; null for any
 */
record UpstreamIpPort(@Nullable IpRange ip, @Nullable Int64Range ports)
    implements Predicate<Subject> {
  static UpstreamIpPort of(TypedExtensionConfig extension) throws ConfigException {
    UpstreamIpPortMatcher config =
        Extensions.only(
            UpstreamIpPortMatcher.getDefaultInstance(),
            extension.getName(),
            extension.getTypedConfig());
    if (!config.hasUpstreamIp() && !config.hasUpstreamPortRange()) {
      throw new ConfigException(
          "Invalid UpstreamIpPortMatcher configuration - missing `upstream_ip` and/or"
              + " `upstream_port_range`");
    }
    return new UpstreamIpPort(
        config.hasUpstreamIp() ? IpRange.of(config.getUpstreamIp()) : null,
        config.hasUpstreamPortRange() ? config.getUpstreamPortRange() : null);
  }

  @Override
  public boolean test(Subject subject) {
    Host host = subject.info().upstreamHost;
    return host != null
        && host.primary() instanceof Address.Ip address
        && (ip == null || ip.holds(address.ip()))
        && (ports == null
            || (address.port() >= ports.getStart() && address.port() <= ports.getEnd()));
  }
}
