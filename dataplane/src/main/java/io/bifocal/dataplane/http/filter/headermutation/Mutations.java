package io.bifocal.dataplane.http.filter.headermutation;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.route.HeaderChanges;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.common.mutation_rules.v3.HeaderMutation;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;

/** What is done to the headers of both messages, in order. */
record Mutations(List<HeaderChanges> request, List<HeaderChanges> response) {
  private static final SupportedFields FIELDS =
      SupportedFields.of(
              io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations
                  .getDescriptor())
          .supports("request_mutations", "response_mutations");

  Mutations {
    request = List.copyOf(request);
    response = List.copyOf(response);
  }

  static Mutations of(
      io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations config, String path)
      throws ConfigException {
    FIELDS.check(config, path);
    return new Mutations(
        changes(config.getRequestMutationsList(), path + ".request_mutations"),
        changes(config.getResponseMutationsList(), path + ".response_mutations"));
  }

  private static List<HeaderChanges> changes(List<HeaderMutation> mutations, String path)
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
    return changes;
  }

  void onRequest(HttpHeaders headers, StreamInfo info) {
    apply(request, headers, info);
  }

  void onResponse(HttpHeaders headers, StreamInfo info) {
    apply(response, headers, info);
  }

  private static void apply(List<HeaderChanges> changes, HttpHeaders headers, StreamInfo info) {
    for (int i = 0; i < changes.size(); i++) {
      changes.get(i).apply(headers, info);
    }
  }
}
