package io.bifocal.dataplane.http.filter.alternateprotocols;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.envoyproxy.envoy.extensions.filters.http.alternate_protocols_cache.v3.FilterConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes {@code envoy.filters.http.alternate_protocols_cache}. */
public final class AlternateProtocolsFactory implements HttpFilterFactory {
  private static final Logger log = LoggerFactory.getLogger(AlternateProtocolsFactory.class);

  private static final SupportedFields FIELDS =
      SupportedFields.of(FilterConfig.getDescriptor())
          .ignores(
              "as in Envoy the cache is that of the cluster that a request goes to",
              "alternate_protocols_cache_options");

  @Override
  public String kind() {
    return "envoy.filters.http.alternate_protocols_cache";
  }

  @Override
  public String typeUrl() {
    return MessageTypes.url(FilterConfig.getDescriptor());
  }

  @Override
  public boolean upstream() {
    return true;
  }

  @Override
  public HttpFilter.Maker create(Any config, HttpFilterContext context) throws ConfigException {
    FilterConfig options = Unpack.as(FilterConfig.getDefaultInstance(), config);
    FIELDS.check(options, context.path()).forEach(log::warn);
    return AlternateProtocolsFilter::new;
  }
}
