package io.bifocal.dataplane.http.filter.cors;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;

/** Makes {@code envoy.filters.http.cors}; what it does is said by routes that lead to clusters. */
public final class CorsFactory implements HttpFilterFactory {
  private final RuntimeReader runtime;

  public CorsFactory(RuntimeReader runtime) {
    this.runtime = runtime;
  }

  @Override
  public String kind() {
    return "envoy.filters.http.cors";
  }

  @Override
  public String typeUrl() {
    return MessageTypes.url(Cors.getDescriptor());
  }

  @Override
  public String routeTypeUrl() {
    return MessageTypes.url(CorsPolicy.getDescriptor());
  }

  @Override
  public HttpFilter.Maker create(Any config, HttpFilterContext context) throws ConfigException {
    Unpack.as(Cors.getDefaultInstance(), config);
    Scope scope = context.scope().scope("cors");
    CorsStats stats = new CorsStats(scope.counter("origin_valid"), scope.counter("origin_invalid"));
    return stream -> new CorsFilter(stream, stats);
  }

  @Override
  public Object routeConfig(Any config) throws ConfigException {
    return Policy.of(
        Unpack.as(CorsPolicy.getDefaultInstance(), config), "typed_per_filter_config", runtime);
  }
}
