package io.bifocal.dataplane.http.filter.headermutation;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.route.HeaderChanges;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;

/**
 * What is done to the headers of a message, in order.
 *
 * <p>Source: {@code envoy.config.common.mutation_rules.v3.HeaderMutation}.
 */
public record HeaderMutations(List<HeaderChanges> changes) {
  public HeaderMutations {
    changes = List.copyOf(changes);
  }

  /**
   * Reads them.
   *
   * @param path in the configuration, to begin errors with
   */
  public static HeaderMutations of(List<HeaderMutation> mutations, String path)
      throws ConfigException {
    List<HeaderChanges> changes = new ArrayList<>();
    for (HeaderMutation mutation : mutations) {
      changes.add(
          switch (mutation.getActionCase()) {
            case REMOVE -> HeaderChanges.of(List.of(), List.of(mutation.getRemove()), path);
            case APPEND -> HeaderChanges.of(List.of(mutation.getAppend()), List.of(), path);
            default ->
                throw new ConfigException(
                    path + ": " + mutation.getActionCase() + " is not supported");
          });
    }
    return new HeaderMutations(changes);
  }

  public void apply(HttpHeaders headers, StreamInfo info) {
    for (int i = 0; i < changes.size(); i++) {
      changes.get(i).apply(headers, info);
    }
  }
}
