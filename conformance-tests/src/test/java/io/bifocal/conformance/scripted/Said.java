package io.bifocal.conformance.scripted;

import com.google.rpc.Status;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One request of a subject, reduced to what is compared.
 *
 * @param type the short name of the type, or its URL when it has none
 * @param nonce the nonce that it echoes, or empty
 * @param text what was said, but for the error
 * @param error the first 4096 characters, which is what Envoy sends, of the error's message, or
 *     empty
 */
public record Said(String type, String nonce, String text, String error) {
  private static final int ERROR_LENGTH = 4096;

  /**
   * Normalised: the node is left out but for its presence, since Envoy describes its own build in
   * it; names are sorted, since the protocol gives them no order.
   */
  static Said of(int stream, DiscoveryRequest request) {
    String text =
        "stream %d: %s%s version '%s' nonce '%s' names %s%s"
            .formatted(
                stream,
                Type.shortName(request.getTypeUrl()),
                request.hasNode() ? " with node" : "",
                request.getVersionInfo(),
                request.getResponseNonce(),
                new TreeSet<>(request.getResourceNamesList()),
                request.hasErrorDetail() ? " error " + request.getErrorDetail().getCode() : "");
    return new Said(
        Type.shortName(request.getTypeUrl()),
        request.getResponseNonce(),
        text,
        request.hasErrorDetail() ? message(request.getErrorDetail()) : "");
  }

  static Said of(int stream, DeltaDiscoveryRequest request) {
    String text =
        "stream %d: %s%s nonce '%s' +%s -%s has %s%s"
            .formatted(
                stream,
                Type.shortName(request.getTypeUrl()),
                request.hasNode() ? " with node" : "",
                request.getResponseNonce(),
                new TreeSet<>(request.getResourceNamesSubscribeList()),
                new TreeSet<>(request.getResourceNamesUnsubscribeList()),
                new TreeMap<>(request.getInitialResourceVersionsMap()),
                request.hasErrorDetail() ? " error " + request.getErrorDetail().getCode() : "");
    return new Said(
        Type.shortName(request.getTypeUrl()),
        request.getResponseNonce(),
        text,
        request.hasErrorDetail() ? message(request.getErrorDetail()) : "");
  }

  private static String message(Status error) {
    String message = error.getMessage();
    return message.substring(0, Math.min(ERROR_LENGTH, message.length()));
  }

  /**
   * Normalised: of an error's words only the resources that it names are compared. Envoy's texts
   * carry dumps of messages whose spacing varies on purpose, and say things of its own source; who
   * is to blame is what an operator acts on.
   */
  public String line(List<String> mustName) {
    return error.isEmpty()
        ? text
        : text + " naming " + mustName.stream().filter(error::contains).toList();
  }
}
