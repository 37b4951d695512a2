package io.bifocal.dataplane.http.filter.headermutation;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;

/** What is done to the heads of both messages. */
record Mutations(HeaderMutations request, List<QueryChange> query, HeaderMutations response) {
  private static final SupportedFields FIELDS =
      SupportedFields.of(
              io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations
                  .getDescriptor())
          .supports("request_mutations", "query_parameter_mutations", "response_mutations");

  Mutations {
    query = List.copyOf(query);
  }

  static Mutations of(
      io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations config, String path)
      throws ConfigException {
    FIELDS.check(config, path);
    return new Mutations(
        HeaderMutations.of(config.getRequestMutationsList(), path + ".request_mutations"),
        QueryChange.all(
            config.getQueryParameterMutationsList(), path + ".query_parameter_mutations"),
        HeaderMutations.of(config.getResponseMutationsList(), path + ".response_mutations"));
  }

  void onRequest(RequestHead head, StreamInfo info) {
    request.apply(head.headers, info);
    if (!query.isEmpty()) {
      QueryParameters parameters = QueryParameters.of(head.path);
      for (int i = 0; i < query.size(); i++) {
        query.get(i).apply(parameters, info);
      }
      head.path = parameters.in(head.path);
    }
  }

  void onResponse(HttpHeaders headers, StreamInfo info) {
    response.apply(headers, info);
  }
}
