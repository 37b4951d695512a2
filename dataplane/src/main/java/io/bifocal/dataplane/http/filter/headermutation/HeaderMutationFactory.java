package io.bifocal.dataplane.http.filter.headermutation;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute;

/**
 * Makes {@code envoy.filters.http.header_mutation}: the filter's own changes first, then those of
 * every level of the route, the most specific one first unless {@code
 * most_specific_header_mutations_wins}.
 */
public final class HeaderMutationFactory implements HttpFilterFactory {
  @Override
  public String kind() {
    return "envoy.filters.http.header_mutation";
  }

  @Override
  public String typeUrl() {
    return MessageTypes.url(HeaderMutation.getDescriptor());
  }

  @Override
  public String routeTypeUrl() {
    return MessageTypes.url(HeaderMutationPerRoute.getDescriptor());
  }

  @Override
  public boolean upstream() {
    return true;
  }

  @Override
  public HttpFilter.Maker create(Any config, HttpFilterContext context) throws ConfigException {
    HeaderMutation read = Unpack.as(HeaderMutation.getDefaultInstance(), config);
    Mutations mutations = Mutations.of(read.getMutations(), context.path() + ".mutations");
    boolean specificWins = read.getMostSpecificHeaderMutationsWins();
    return stream -> new HeaderMutationFilter(stream, mutations, specificWins);
  }

  @Override
  public Object routeConfig(Any config) throws ConfigException {
    return Mutations.of(
        Unpack.as(HeaderMutationPerRoute.getDefaultInstance(), config).getMutations(),
        "typed_per_filter_config.mutations");
  }
}
