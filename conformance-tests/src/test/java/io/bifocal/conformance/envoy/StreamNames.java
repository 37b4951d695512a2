package io.bifocal.conformance.envoy;

import io.bifocal.xds.testing.HeardRequest;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * What streams are called in a recording. Normalised: streams that each serve one subscription may
 * be opened in any order, so what they are for names them, and which one it is of those.
 */
final class StreamNames {
  private final Map<Integer, String> byNumber = new HashMap<>();
  private final Map<String, Integer> alike = new HashMap<>();

  String of(HeardRequest request) {
    return byNumber.computeIfAbsent(
        request.stream(),
        number -> {
          if (isAggregated(request)) {
            return "stream " + number;
          }
          String use = request.method() + " " + new TreeSet<>(names(request));
          return use + " " + alike.merge(use, 1, Integer::sum);
        });
  }

  static boolean isAggregated(HeardRequest request) {
    return request.method().contains("Aggregated");
  }

  /** Whether it wants nothing of what it wanted by name. */
  static boolean givesUp(HeardRequest request) {
    return request instanceof HeardRequest.Delta delta
        ? delta.message().getResourceNamesUnsubscribeCount() > 0
        : names(request).isEmpty();
  }

  private static Collection<String> names(HeardRequest request) {
    return request instanceof HeardRequest.Delta delta
        ? delta.message().getResourceNamesSubscribeList()
        : ((HeardRequest.StateOfTheWorld) request).message().getResourceNamesList();
  }
}
