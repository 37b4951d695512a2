package io.bifocal.dataplane.dns;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.IpLiterals;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.dns.ResolverConfig.Option;
import io.bifocal.dataplane.host.Address;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DnsResolutionConfig;
import io.envoyproxy.envoy.config.core.v3.DnsResolverOptions;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig;
import io.envoyproxy.envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * From {@code typed_dns_resolver_config}, and the older fields that mean the same, to a {@link
 * ResolverConfig}.
 */
public final class ResolverConfigReader {
  private static final SupportedFields CARES =
      SupportedFields.of(CaresDnsResolverConfig.getDescriptor())
          .supports(
              "resolvers",
              "use_resolvers_as_fallback",
              "filter_unroutable_families",
              "dns_resolver_options",
              "query_timeout_seconds",
              "query_tries",
              "rotate_nameservers")
          .ignores("each question has a socket of its own", "udp_max_queries");

  private static final long MAX_TIMEOUT_SECONDS = 3600;
  private static final int MAX_TRIES = 100;

  private ResolverConfigReader() {}

  /** What holds for clusters that say nothing: what the bootstrap says. */
  @SuppressWarnings("deprecation") // the older fields
  public static ResolverConfig ofBootstrap(Bootstrap bootstrap, List<String> warnings)
      throws ConfigException {
    if (bootstrap.hasTypedDnsResolverConfig()) {
      String path = "typed_dns_resolver_config";
      return typed(bootstrap.getTypedDnsResolverConfig(), path, warnings);
    }
    if (bootstrap.hasDnsResolutionConfig()) {
      return older(bootstrap.getDnsResolutionConfig(), "dns_resolution_config");
    }
    return client(
        CaresDnsResolverConfig.newBuilder()
            .setDnsResolverOptions(overTcp(bootstrap.getUseTcpForDnsLookups()))
            .build(),
        "");
  }

  /**
   * What a cluster says, or what holds if it says nothing. The newest way to say it counts; the
   * others do not, as in Envoy.
   */
  @SuppressWarnings("deprecation") // the older fields
  public static ResolverConfig ofCluster(
      Cluster cluster, ResolverConfig defaults, String path, List<String> warnings)
      throws ConfigException {
    if (cluster.hasTypedDnsResolverConfig()) {
      return typed(
          cluster.getTypedDnsResolverConfig(), path + ".typed_dns_resolver_config", warnings);
    }
    if (cluster.hasDnsResolutionConfig()) {
      return older(cluster.getDnsResolutionConfig(), path + ".dns_resolution_config");
    }
    if (cluster.getDnsResolversCount() > 0) {
      return client(
          CaresDnsResolverConfig.newBuilder()
              .addAllResolvers(cluster.getDnsResolversList())
              .setDnsResolverOptions(overTcp(cluster.getUseTcpForDnsLookups()))
              .build(),
          path + ".dns_resolvers");
    }
    if (cluster.getUseTcpForDnsLookups()) {
      warnings.add(
          path
              + ".use_tcp_for_dns_lookups is ignored: it concerns dns_resolvers, and none are set");
    }
    return defaults;
  }

  /**
   * One configuration.
   *
   * @throws ConfigException in Envoy's words where it has any
   */
  public static ResolverConfig typed(
      TypedExtensionConfig config, String path, List<String> warnings) throws ConfigException {
    Any any = config.getTypedConfig();
    if (MessageTypes.is(any, CaresDnsResolverConfig.getDescriptor())) {
      CaresDnsResolverConfig cares = Unpack.as(CaresDnsResolverConfig.getDefaultInstance(), any);
      warnings.addAll(CARES.check(cares, path));
      return client(cares, path + ".resolvers");
    }
    if (MessageTypes.is(any, GetAddrInfoDnsResolverConfig.getDescriptor())) {
      GetAddrInfoDnsResolverConfig system =
          Unpack.as(GetAddrInfoDnsResolverConfig.getDefaultInstance(), any);
      return new ResolverConfig.GetAddrInfo(
          system.hasNumRetries()
              ? OptionalInt.of(clamped(system.getNumRetries().getValue()))
              : OptionalInt.empty());
    }
    throw Extensions.unregistered(config.getName(), any);
  }

  private static ResolverConfig older(DnsResolutionConfig config, String path)
      throws ConfigException {
    return client(
        CaresDnsResolverConfig.newBuilder()
            .addAllResolvers(config.getResolversList())
            .setDnsResolverOptions(config.getDnsResolverOptions())
            .build(),
        path + ".resolvers");
  }

  private static DnsResolverOptions overTcp(boolean tcp) {
    return DnsResolverOptions.newBuilder().setUseTcpForDnsLookups(tcp).build();
  }

  private static ResolverConfig client(CaresDnsResolverConfig config, String path)
      throws ConfigException {
    ResolverConfig.Client defaults = ResolverConfig.DEFAULT;
    return new ResolverConfig.Client(
        servers(config.getResolversList(), path),
        options(config),
        config.hasQueryTimeoutSeconds()
            ? timeout(config.getQueryTimeoutSeconds().getValue())
            : defaults.timeout(),
        config.hasQueryTries() ? clamped(config.getQueryTries().getValue()) : defaults.tries());
  }

  private static Set<Option> options(CaresDnsResolverConfig config) {
    Map<Option, Boolean> set = new EnumMap<>(Option.class);
    set.put(Option.FALLBACK, config.getUseResolversAsFallback());
    set.put(Option.OVER_TCP, config.getDnsResolverOptions().getUseTcpForDnsLookups());
    set.put(Option.NO_SEARCH, config.getDnsResolverOptions().getNoDefaultSearchDomain());
    set.put(Option.ONLY_ROUTABLE, config.getFilterUnroutableFamilies());
    set.put(Option.ROTATE, config.getRotateNameservers());
    set.values().removeIf(wanted -> !wanted);
    return set.keySet();
  }

  private static Duration timeout(long unsignedSeconds) {
    boolean beyond = unsignedSeconds < 0 || unsignedSeconds > MAX_TIMEOUT_SECONDS;
    return Duration.ofSeconds(beyond ? MAX_TIMEOUT_SECONDS : unsignedSeconds);
  }

  // An unsigned number, as far as it makes sense.
  private static int clamped(int value) {
    return value < 0 || value > MAX_TRIES ? MAX_TRIES : value;
  }

  private static List<Address.Ip> servers(
      List<io.envoyproxy.envoy.config.core.v3.Address> resolvers, String path)
      throws ConfigException {
    List<Address.Ip> servers = new ArrayList<>();
    for (int i = 0; i < resolvers.size(); i++) {
      String at = path + "[" + i + "]";
      servers.add(server(resolvers.get(i), at));
    }
    return servers;
  }

  private static Address.Ip server(io.envoyproxy.envoy.config.core.v3.Address address, String path)
      throws ConfigException {
    if (!address.hasSocketAddress()) {
      throw new ConfigException(
          "DNS resolver '" + address.getPipe().getPath() + "' is not an IP address");
    }
    SocketAddress socket = address.getSocketAddress();
    if (!socket.getNamedPort().isEmpty() || !socket.getResolverName().isEmpty()) {
      throw new ConfigException(path + ": a server is an IP address and a number for its port");
    }
    int port = socket.getPortValue();
    return new Address.Ip(
        IpLiterals.parse(socket.getAddress()), port == 0 ? ResolvConf.DNS_PORT : port);
  }
}
