package io.bifocal.dataplane.http.filter.headermutation;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;

/** What is done to the headers of both messages. */
record Mutations(HeaderMutations request, HeaderMutations response) {
  private static final SupportedFields FIELDS =
      SupportedFields.of(
              io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations
                  .getDescriptor())
          .supports("request_mutations", "response_mutations");

  static Mutations of(
      io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations config, String path)
      throws ConfigException {
    FIELDS.check(config, path);
    return new Mutations(
        HeaderMutations.of(config.getRequestMutationsList(), path + ".request_mutations"),
        HeaderMutations.of(config.getResponseMutationsList(), path + ".response_mutations"));
  }

  void onRequest(HttpHeaders headers, StreamInfo info) {
    request.apply(headers, info);
  }

  void onResponse(HttpHeaders headers, StreamInfo info) {
    response.apply(headers, info);
  }
}
