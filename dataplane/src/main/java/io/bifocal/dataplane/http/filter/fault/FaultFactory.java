package io.bifocal.dataplane.http.filter.fault;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;

/** Makes {@code envoy.filters.http.fault}; what the most specific level of a route says counts. */
public final class FaultFactory implements HttpFilterFactory {
  private final RuntimeReader runtime;

  public FaultFactory(RuntimeReader runtime) {
    this.runtime = runtime;
  }

  @Override
  public String kind() {
    return "envoy.filters.http.fault";
  }

  @Override
  public String typeUrl() {
    return MessageTypes.url(HTTPFault.getDescriptor());
  }

  @Override
  public HttpFilter.Maker create(Any config, HttpFilterContext context) throws ConfigException {
    FaultSettings settings =
        FaultSettings.of(
            Unpack.as(HTTPFault.getDefaultInstance(), config), context.path(), runtime);
    FaultStats stats = new FaultStats(context.scope().scope("fault"));
    return stream -> new FaultFilter(stream, context.name(), settings, stats);
  }

  @Override
  public Object routeConfig(Any config) throws ConfigException {
    return FaultSettings.of(
        Unpack.as(HTTPFault.getDefaultInstance(), config), "typed_per_filter_config", runtime);
  }
}
