package io.bifocal.xds.stream;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.resource.Decoded;
import io.bifocal.xds.resource.Decoder;
import io.bifocal.xds.state.Surroundings;
import io.bifocal.xds.state.TypeState;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.cluster.v3.ClusterDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.endpoint.v3.EndpointDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.listener.v3.ListenerDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.RouteDiscoveryServiceGrpc;
import io.grpc.MethodDescriptor;
import java.util.Map;
import java.util.Optional;

final class Delta implements Dialect<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  static final Delta INSTANCE = new Delta();

  private static final Map<String, MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse>>
      OWN =
          Map.of(
              ResourceType.CLUSTER.typeUrl(),
              ClusterDiscoveryServiceGrpc.getDeltaClustersMethod(),
              ResourceType.ENDPOINTS.typeUrl(),
              EndpointDiscoveryServiceGrpc.getDeltaEndpointsMethod(),
              ResourceType.LISTENER.typeUrl(),
              ListenerDiscoveryServiceGrpc.getDeltaListenersMethod(),
              ResourceType.ROUTES.typeUrl(),
              RouteDiscoveryServiceGrpc.getDeltaRoutesMethod());

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
