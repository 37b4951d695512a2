package io.bifocal.xds.internal.stream;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.internal.resource.Decoded;
import io.bifocal.xds.internal.resource.Decoder;
import io.bifocal.xds.internal.state.Surroundings;
import io.bifocal.xds.internal.state.TypeState;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.cluster.v3.ClusterDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.endpoint.v3.EndpointDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.endpoint.v3.LocalityEndpointDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.extension.v3.ExtensionConfigDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.listener.v3.ListenerDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.RouteDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.ScopedRoutesDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.VirtualHostDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.runtime.v3.RuntimeDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.grpc.MethodDescriptor;
import java.util.Map;
import java.util.Optional;

final class Delta implements Dialect<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  static final Delta INSTANCE = new Delta();

  private static final Map<String, MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse>>
      OWN =
          Map.ofEntries(
              Map.entry(
                  ResourceType.CLUSTER.typeUrl(),
                  ClusterDiscoveryServiceGrpc.getDeltaClustersMethod()),
              Map.entry(
                  ResourceType.ENDPOINTS.typeUrl(),
                  EndpointDiscoveryServiceGrpc.getDeltaEndpointsMethod()),
              Map.entry(
                  ResourceType.LISTENER.typeUrl(),
                  ListenerDiscoveryServiceGrpc.getDeltaListenersMethod()),
              Map.entry(
                  ResourceType.ROUTES.typeUrl(), RouteDiscoveryServiceGrpc.getDeltaRoutesMethod()),
              Map.entry(
                  ResourceType.SCOPED_ROUTES.typeUrl(),
                  ScopedRoutesDiscoveryServiceGrpc.getDeltaScopedRoutesMethod()),
              Map.entry(
                  ResourceType.SECRET.typeUrl(),
                  SecretDiscoveryServiceGrpc.getDeltaSecretsMethod()),
              Map.entry(
                  ResourceType.EXTENSION_CONFIG.typeUrl(),
                  ExtensionConfigDiscoveryServiceGrpc.getDeltaExtensionConfigsMethod()),
              Map.entry(
                  ResourceType.RUNTIME.typeUrl(),
                  RuntimeDiscoveryServiceGrpc.getDeltaRuntimeMethod()),
              Map.entry(
                  ResourceType.VIRTUAL_HOST.typeUrl(),
                  VirtualHostDiscoveryServiceGrpc.getDeltaVirtualHostsMethod()),
              Map.entry(
                  ResourceType.LOCALITY_ENDPOINTS.typeUrl(),
                  LocalityEndpointDiscoveryServiceGrpc.getDeltaLocalityEndpointsMethod()));

  private Delta() {}

  @Override
  public MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse> aggregated() {
    return AggregatedDiscoveryServiceGrpc.getDeltaAggregatedResourcesMethod();
  }

  @Override
  public Optional<MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse>> own(
      ResourceType<?> type) {
    return Optional.ofNullable(OWN.get(type.typeUrl()));
  }

  @Override
  public DeltaDiscoveryRequest withNode(DeltaDiscoveryRequest request, Node node) {
    return request.toBuilder().setNode(node).build();
  }

  @Override
  public String typeUrl(DeltaDiscoveryResponse response) {
    return response.getTypeUrl();
  }

  @Override
  public String identifier(DeltaDiscoveryResponse response) {
    return response.getControlPlane().getIdentifier();
  }

  @Override
  public <T extends Message> Decoded<T> decode(
      Decoder decoder, ResourceType<T> type, DeltaDiscoveryResponse response) {
    return decoder.decode(type, response);
  }

  @Override
  public <T extends Message> TypeState<DeltaDiscoveryRequest, T> stateOf(
      ResourceType<T> type, Surroundings surroundings) {
    return TypeState.delta(type, surroundings);
  }
}
