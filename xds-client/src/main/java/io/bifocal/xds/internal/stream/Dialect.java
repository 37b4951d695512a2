package io.bifocal.xds.internal.stream;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.internal.resource.Decoded;
import io.bifocal.xds.internal.resource.Decoder;
import io.bifocal.xds.internal.state.Surroundings;
import io.bifocal.xds.internal.state.TypeState;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.MethodDescriptor;
import java.util.Optional;

/**
 * One of the two ways to speak xDS. Dialects have no state of their own.
 *
 * @param <Q> the request
 * @param <R> the response
 */
public sealed interface Dialect<Q extends Message, R extends Message>
    permits StateOfTheWorld, Delta {

  /** Each response lists all that was asked for. */
  static Dialect<DiscoveryRequest, DiscoveryResponse> stateOfTheWorld() {
    return StateOfTheWorld.INSTANCE;
  }

  /** Responses and requests tell differences. */
  static Dialect<DeltaDiscoveryRequest, DeltaDiscoveryResponse> delta() {
    return Delta.INSTANCE;
  }

  /** The method of the aggregated stream. */
  MethodDescriptor<Q, R> aggregated();

  /** The method of a stream for one type alone; empty for a type that has no service. */
  Optional<MethodDescriptor<Q, R>> own(ResourceType<?> type);

  Q withNode(Q request, Node node);

  String typeUrl(R response);

  /** The server's name for itself; empty if it tells none. */
  String identifier(R response);

  <T extends Message> Decoded<T> decode(Decoder decoder, ResourceType<T> type, R response);

  /** Fresh ledgers for a type. */
  <T extends Message> TypeState<Q, T> stateOf(ResourceType<T> type, Surroundings surroundings);
}
