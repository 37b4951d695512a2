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
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.endpoint.v3.EndpointDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.extension.v3.ExtensionConfigDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.listener.v3.ListenerDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.RouteDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.ScopedRoutesDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.runtime.v3.RuntimeDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.grpc.MethodDescriptor;
import java.util.Map;
import java.util.Optional;

final class StateOfTheWorld implements Dialect<DiscoveryRequest, DiscoveryResponse> {
  static final StateOfTheWorld INSTANCE = new StateOfTheWorld();

  private static final Map<String, MethodDescriptor<DiscoveryRequest, DiscoveryResponse>> OWN =
      Map.ofEntries(
          Map.entry(
              ResourceType.CLUSTER.typeUrl(),
              ClusterDiscoveryServiceGrpc.getStreamClustersMethod()),
          Map.entry(
              ResourceType.ENDPOINTS.typeUrl(),
              EndpointDiscoveryServiceGrpc.getStreamEndpointsMethod()),
          Map.entry(
              ResourceType.LISTENER.typeUrl(),
              ListenerDiscoveryServiceGrpc.getStreamListenersMethod()),
          Map.entry(
              ResourceType.ROUTES.typeUrl(), RouteDiscoveryServiceGrpc.getStreamRoutesMethod()),
          Map.entry(
              ResourceType.SCOPED_ROUTES.typeUrl(),
              ScopedRoutesDiscoveryServiceGrpc.getStreamScopedRoutesMethod()),
          Map.entry(
              ResourceType.SECRET.typeUrl(), SecretDiscoveryServiceGrpc.getStreamSecretsMethod()),
          Map.entry(
              ResourceType.EXTENSION_CONFIG.typeUrl(),
              ExtensionConfigDiscoveryServiceGrpc.getStreamExtensionConfigsMethod()),
          Map.entry(
              ResourceType.RUNTIME.typeUrl(),
              RuntimeDiscoveryServiceGrpc.getStreamRuntimeMethod()));

  private StateOfTheWorld() {}

  @Override
  public MethodDescriptor<DiscoveryRequest, DiscoveryResponse> aggregated() {
    return AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod();
  }

  @Override
  public Optional<MethodDescriptor<DiscoveryRequest, DiscoveryResponse>> own(ResourceType<?> type) {
    return Optional.ofNullable(OWN.get(type.typeUrl()));
  }

  @Override
  public DiscoveryRequest withNode(DiscoveryRequest request, Node node) {
    return request.toBuilder().setNode(node).build();
  }

  @Override
  public String typeUrl(DiscoveryResponse response) {
    return response.getTypeUrl();
  }

  @Override
  public String identifier(DiscoveryResponse response) {
    return response.getControlPlane().getIdentifier();
  }

  @Override
  public <T extends Message> Decoded<T> decode(
      Decoder decoder, ResourceType<T> type, DiscoveryResponse response) {
    return decoder.decode(type, response);
  }

  @Override
  public <T extends Message> TypeState<DiscoveryRequest, T> stateOf(
      ResourceType<T> type, Surroundings surroundings) {
    return TypeState.stateOfTheWorld(type, surroundings);
  }
}
