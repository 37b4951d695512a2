package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.connect.AddressOrder;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.HealthCheckTarget;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.SocketAddress.Protocol;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint.AdditionalAddress;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint.HealthCheckConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The addresses that an endpoint names: its own, its health check's, its proxy's. */
final class EndpointReader {
  private static final String PROXY = "envoy.http11_proxy_transport_socket.proxy_address";

  private final HappyEyeballsConfig sorting;
  private final String path;
  private final Set<String> warnings;

  /**
   * @param sorting how the addresses are ordered
   * @param path of the locality, which begins every warning
   * @param warnings takes what is accepted without effect
   */
  EndpointReader(HappyEyeballsConfig sorting, String path, Set<String> warnings) {
    this.sorting = sorting;
    this.path = path;
    this.warnings = warnings;
  }

  Address primary(Endpoint endpoint) throws ConfigException {
    return address(endpoint.getAddress());
  }

  AddressList addresses(Endpoint endpoint, Address primary) throws ConfigException {
    if (endpoint.getAdditionalAddressesCount() == 0) {
      return AddressList.of(primary);
    }
    List<Address> arrived = new ArrayList<>();
    arrived.add(primary);
    for (AdditionalAddress more : endpoint.getAdditionalAddressesList()) {
      arrived.add(address(more.getAddress()));
    }
    return new AddressList(arrived, AddressOrder.sort(arrived, sorting));
  }

  private Address address(io.envoyproxy.envoy.config.core.v3.Address proto) throws ConfigException {
    if (proto.getSocketAddress().getProtocol() != Protocol.TCP) {
      warnings.add(path + ".lb_endpoints[]: addresses are connected to over TCP, not UDP");
    }
    return AddressReader.ENDPOINT.read(proto);
  }

  HealthCheckTarget healthCheck(HealthCheckConfig config, Address primary) throws ConfigException {
    if (config.equals(HealthCheckConfig.getDefaultInstance())) {
      return HealthCheckTarget.at(primary);
    }
    warnings.add(path + ".lb_endpoints[].endpoint.health_check_config: no health checks yet");
    Address address =
        config.hasAddress() ? AddressReader.LITERAL.read(config.getAddress()) : primary;
    if (config.getPortValue() > 0) {
      if (!(primary instanceof Address.Ip) || !(address instanceof Address.Ip ip)) {
        throw new ConfigException("Invalid host configuration: non-zero port for non-IP address");
      }
      address = new Address.Ip(ip.ip(), config.getPortValue());
    }
    return new HealthCheckTarget(
        address, config.getHostname(), config.getDisableActiveHealthCheck());
  }

  /** Where connections go instead, or null. The endpoint's word counts before its locality's. */
  @Nullable Address proxy(Metadata endpoint, Metadata locality) {
    Any named = endpoint.getTypedFilterMetadataMap().get(PROXY);
    if (named == null) {
      named = locality.getTypedFilterMetadataMap().get(PROXY);
    }
    if (named == null) {
      return null;
    }
    try {
      return AddressReader.LITERAL.read(
          Unpack.as(io.envoyproxy.envoy.config.core.v3.Address.getDefaultInstance(), named));
    } catch (ConfigException e) {
      warnings.add(path + ": no proxy is asked: '" + PROXY + "' is no address: " + e.reason());
      return null;
    }
  }
}
