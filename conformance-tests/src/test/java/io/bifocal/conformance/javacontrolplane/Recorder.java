package io.bifocal.conformance.javacontrolplane;

import io.envoyproxy.controlplane.server.DiscoveryServerCallbacks;
import io.envoyproxy.controlplane.server.exception.RequestException;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what a control plane hears and says, by type; the last word of its URL names a type. */
class Recorder implements DiscoveryServerCallbacks {
  private final AtomicInteger opened = new AtomicInteger();
  private final Map<String, Integer> counts = new ConcurrentSkipListMap<>();

  /** Streams so far. */
  int opened() {
    return opened.get();
  }

  int acks(String type) {
    return count(type, "acks");
  }

  int refusals(String type) {
    return count(type, "refusals");
  }

  int responses(String type) {
    return count(type, "responses");
  }

  /** In all responses together. */
  int resources(String type) {
    return count(type, "resources");
  }

  /** In all responses together; in delta only. */
  int removed(String type) {
    return count(type, "removed");
  }

  private int count(String type, String what) {
    return counts.getOrDefault(type + " " + what, 0);
  }

  private void add(String typeUrl, String what, int more) {
    String type = typeUrl.substring(typeUrl.lastIndexOf('.') + 1);
    counts.merge(type + " " + what, more, Integer::sum);
  }

  @Override
  public void onStreamOpen(long streamId, String typeUrl) throws RequestException {
    opened.incrementAndGet();
  }

  @Override
  public void onV3StreamRequest(long streamId, DiscoveryRequest request) {
    heard(request.getTypeUrl(), request.getResponseNonce(), request.hasErrorDetail());
  }

  @Override
  public void onV3StreamDeltaRequest(long streamId, DeltaDiscoveryRequest request) {
    heard(request.getTypeUrl(), request.getResponseNonce(), request.hasErrorDetail());
  }

  private void heard(String type, String nonce, boolean refused) {
    if (refused) {
      add(type, "refusals", 1);
    } else if (!nonce.isEmpty()) {
      add(type, "acks", 1);
    }
  }

  @Override
  public void onV3StreamResponse(
      long streamId, DiscoveryRequest request, DiscoveryResponse response) {
    add(response.getTypeUrl(), "responses", 1);
    add(response.getTypeUrl(), "resources", response.getResourcesCount());
  }

  @Override
  public void onV3StreamDeltaResponse(
      long streamId, DeltaDiscoveryRequest request, DeltaDiscoveryResponse response) {
    add(response.getTypeUrl(), "responses", 1);
    add(response.getTypeUrl(), "resources", response.getResourcesCount());
    add(response.getTypeUrl(), "removed", response.getRemovedResourcesCount());
  }
}
