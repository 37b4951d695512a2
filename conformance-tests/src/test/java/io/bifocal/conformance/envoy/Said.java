package io.bifocal.conformance.envoy;

import com.google.rpc.Status;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.HeardRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One request of a subject, reduced to what is compared.
 *
 * @param stream what it came on
 * @param text what was said, but for the error
 * @param error the error's message, or empty
 */
record Said(String stream, String text, String error) {
  private static final String TOO_LONG = "...(truncated)";
  private static final List<ResourceType<?>> TYPES =
      List.of(
          ResourceType.CLUSTER,
          ResourceType.ENDPOINTS,
          ResourceType.LISTENER,
          ResourceType.ROUTES,
          ResourceType.SECRET,
          ResourceType.LOCALITY_ENDPOINTS);

  /**
   * Normalised: the node is left out but for its presence, since Envoy describes its own build in
   * it; names are sorted, since the protocol gives them no order.
   */
  static Said of(HeardRequest request, String stream) {
    String text =
        request instanceof HeardRequest.Delta delta
            ? of(delta.message())
            : of(((HeardRequest.StateOfTheWorld) request).message());
    return new Said(
        stream,
        "%s%s %s%s"
            .formatted(
                shortName(request.typeUrl()),
                request.node().isPresent() ? " with node" : "",
                text,
                request.error().map(error -> " error " + error.getCode()).orElse("")),
        request.error().map(Status::getMessage).orElse(""));
  }

  private static String of(DiscoveryRequest request) {
    return "version '%s' nonce '%s' names %s"
        .formatted(
            request.getVersionInfo(),
            request.getResponseNonce(),
            new TreeSet<>(request.getResourceNamesList()));
  }

  private static String of(DeltaDiscoveryRequest request) {
    return "nonce '%s' +%s -%s has %s"
        .formatted(
            request.getResponseNonce(),
            new TreeSet<>(request.getResourceNamesSubscribeList()),
            new TreeSet<>(request.getResourceNamesUnsubscribeList()),
            new TreeMap<>(request.getInitialResourceVersionsMap()));
  }

  private static String shortName(String url) {
    return TYPES.stream()
        .filter(type -> type.typeUrl().equals(url))
        .map(ResourceType::shortName)
        .findFirst()
        .orElse(url);
  }

  /**
   * Normalised: of an error's words only the resources that it names are compared. Envoy's texts
   * carry dumps of messages whose spacing varies on purpose, and say things of its own source; who
   * is to blame is what an operator acts on. That a text was too long for Envoy is compared.
   */
  String line(List<String> mustName) {
    String line = stream + ": " + text;
    return error.isEmpty()
        ? line
        : line
            + (error.endsWith(TOO_LONG) ? " cut off after " + error.length() : "")
            + " naming "
            + mustName.stream().filter(error::contains).toList();
  }
}
