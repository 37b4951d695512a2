package io.bifocal.xds;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Channels for {@code envoy_grpc}: to the address of a cluster of the bootstrap, with the TLS that
 * it asks for; what else such a cluster says is a data plane's. {@code google_grpc} as well.
 */
final class ClusterChannels implements ChannelFactory {
  private static final Logger log = LoggerFactory.getLogger(ClusterChannels.class);
  private static final SupportedFields UPSTREAM_TLS =
      SupportedFields.of(UpstreamTlsContext.getDescriptor())
          .supports("common_tls_context", "sni")
          .ignores("gRPC resumes sessions as it sees fit", "max_session_keys");
  private static final SupportedFields COMMON_TLS =
      SupportedFields.of(CommonTlsContext.getDescriptor())
          .supports("tls_certificates", "validation_context")
          .ignores("gRPC always negotiates h2", "alpn_protocols");
  private static final SupportedFields VALIDATION =
      SupportedFields.of(CertificateValidationContext.getDescriptor()).supports("trusted_ca");
  private static final SupportedFields CERTIFICATE =
      SupportedFields.of(TlsCertificate.getDescriptor())
          .supports("certificate_chain", "private_key");

  private final StaticResources statics;
  private final ChannelFactory others = new GrpcChannels();

  ClusterChannels(StaticResources statics) {
    this.statics = statics;
  }

  @Override
  public ManagedChannel open(GrpcService service) {
    if (!service.hasEnvoyGrpc()) {
      return others.open(service);
    }
    String name = service.getEnvoyGrpc().getClusterName();
    Resource<Cluster> cluster = statics.find(ResourceType.CLUSTER, name);
    if (cluster == null) {
      throw new IllegalArgumentException(
          "Unknown gRPC client cluster '"
              + name
              + "': put it under static_resources.clusters, or use google_grpc");
    }
    try {
      return open(cluster.value());
    } catch (ConfigException e) {
      throw new IllegalArgumentException("static cluster '" + name + "': " + e.reason(), e);
    }
  }

  private static ManagedChannel open(Cluster cluster) throws ConfigException {
    if (!cluster.hasTransportSocket()) {
      return builder(cluster, InsecureChannelCredentials.create()).build();
    }
    UpstreamTlsContext tls = tls(cluster.getTransportSocket());
    ManagedChannelBuilder<?> channel = builder(cluster, credentials(tls));
    if (!tls.getSni().isEmpty()) {
      channel.overrideAuthority(tls.getSni());
    }
    return channel.build();
  }

  private static ManagedChannelBuilder<?> builder(Cluster cluster, ChannelCredentials credentials)
      throws ConfigException {
    List<LbEndpoint> endpoints =
        cluster.getLoadAssignment().getEndpointsList().stream()
            .flatMap(locality -> locality.getLbEndpointsList().stream())
            .toList();
    if (endpoints.isEmpty()) {
      throw new ConfigException("load_assignment has no endpoint");
    }
    if (endpoints.size() > 1) {
      log.warn(
          "static cluster '{}' has {} endpoints; the control plane is reached by the first",
          cluster.getName(),
          endpoints.size());
    }
    Address address = endpoints.get(0).getEndpoint().getAddress();
    if (address.hasPipe()) {
      return Grpc.newChannelBuilder("unix:" + address.getPipe().getPath(), credentials);
    }
    SocketAddress socket = address.getSocketAddress();
    if (socket.getPortSpecifierCase() != SocketAddress.PortSpecifierCase.PORT_VALUE) {
      throw new ConfigException("an endpoint needs a socket_address with a port_value, or a pipe");
    }
    return Grpc.newChannelBuilderForAddress(
        socket.getAddress(), socket.getPortValue(), credentials);
  }

  private static UpstreamTlsContext tls(TransportSocket socket) throws ConfigException {
    try {
      UpstreamTlsContext tls =
          Unpack.as(UpstreamTlsContext.getDefaultInstance(), socket.getTypedConfig());
      String path = "transport_socket.typed_config";
      UPSTREAM_TLS.check(tls, path).forEach(log::warn);
      CommonTlsContext common = tls.getCommonTlsContext();
      COMMON_TLS.check(common, path + ".common_tls_context").forEach(log::warn);
      VALIDATION
          .check(common.getValidationContext(), path + ".common_tls_context.validation_context")
          .forEach(log::warn);
      for (TlsCertificate certificate : common.getTlsCertificatesList()) {
        CERTIFICATE
            .check(certificate, path + ".common_tls_context.tls_certificates")
            .forEach(log::warn);
      }
      return tls;
    } catch (ConfigException e) {
      throw new ConfigException(
          "transport_socket: a control plane is reached in plain text or with TLS: " + e.reason(),
          e);
    }
  }

  private static ChannelCredentials credentials(UpstreamTlsContext context) throws ConfigException {
    CommonTlsContext common = context.getCommonTlsContext();
    CertificateValidationContext validation = common.getValidationContext();
    TlsCertificate own = common.getTlsCertificatesCount() > 0 ? common.getTlsCertificates(0) : null;
    return Credentials.tls(
        validation.hasTrustedCa() ? validation.getTrustedCa() : null,
        own == null ? null : own.getCertificateChain(),
        own == null ? null : own.getPrivateKey());
  }
}
