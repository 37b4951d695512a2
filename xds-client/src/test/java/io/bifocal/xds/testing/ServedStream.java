package io.bifocal.xds.testing;

import com.google.protobuf.Any;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** A stream that is open, and what was told on it. Guarded by its control plane. */
abstract sealed class ServedStream {
  private final String typeUrl;
  private final StreamObserver<?> responses;

  private ServedStream(String typeUrl, StreamObserver<?> responses) {
    this.typeUrl = typeUrl;
    this.responses = responses;
  }

  /** The aggregated stream is for every type, others for one. */
  boolean isFor(String typeUrl) {
    return this.typeUrl.isEmpty() || this.typeUrl.equals(typeUrl);
  }

  /** The resources that there are now. */
  abstract void push(ResourceType<?> type, String version, String nonce, List<Named> resources);

  void end(Status status) {
    if (status.isOk()) {
      responses.onCompleted();
    } else {
      responses.onError(status.asRuntimeException());
    }
  }

  /** All resources, each time. */
  static final class StateOfTheWorld extends ServedStream {
    final StreamObserver<DiscoveryResponse> responses;

    StateOfTheWorld(String typeUrl, StreamObserver<DiscoveryResponse> responses) {
      super(typeUrl, responses);
      this.responses = responses;
    }

    @Override
    void push(ResourceType<?> type, String version, String nonce, List<Named> resources) {
      responses.onNext(
          DiscoveryResponse.newBuilder()
              .setTypeUrl(type.typeUrl())
              .setVersionInfo(version)
              .setNonce(nonce)
              .addAllResources(resources.stream().map(Named::message).toList())
              .build());
    }
  }

  /** What changed since the last time; on a new stream, since what the client says it has. */
  static final class Delta extends ServedStream {
    final StreamObserver<DeltaDiscoveryResponse> responses;
    private final Map<String, Map<String, Any>> told = new HashMap<>();

    Delta(String typeUrl, StreamObserver<DeltaDiscoveryResponse> responses) {
      super(typeUrl, responses);
      this.responses = responses;
    }

    /** Believes what a first request says of versions. */
    void heard(DeltaDiscoveryRequest request, Map<String, Any> pushed) {
      Map<String, Any> known = told.computeIfAbsent(request.getTypeUrl(), t -> new HashMap<>());
      request
          .getInitialResourceVersionsMap()
          .keySet()
          .forEach(name -> known.put(name, pushed.getOrDefault(name, Any.getDefaultInstance())));
    }

    @Override
    void push(ResourceType<?> type, String version, String nonce, List<Named> resources) {
      Map<String, Any> before = told.getOrDefault(type.typeUrl(), Map.of());
      Map<String, Any> now = new HashMap<>();
      TreeSet<String> gone = new TreeSet<>(before.keySet());
      DeltaDiscoveryResponse.Builder response =
          DeltaDiscoveryResponse.newBuilder()
              .setTypeUrl(type.typeUrl())
              .setSystemVersionInfo(version)
              .setNonce(nonce);
      for (Named resource : resources) {
        gone.remove(resource.name());
        now.put(resource.name(), resource.message());
        if (!resource.message().equals(before.get(resource.name()))) {
          response.addResources(
              Resource.newBuilder()
                  .setName(resource.name())
                  .setVersion(version)
                  .setResource(resource.message()));
        }
      }
      if (type.wholeState()) {
        response.addAllRemovedResources(gone);
      }
      told.put(type.typeUrl(), now);
      responses.onNext(response.build());
    }
  }
}
