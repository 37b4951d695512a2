package io.bifocal.dataplane.http.filter.buffer;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.http.filter.HttpFilter;
import io.bifocal.dataplane.http.filter.HttpFilterContext;
import io.bifocal.dataplane.http.filter.HttpFilterFactory;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.BufferPerRoute;

/**
 * Makes {@code envoy.filters.http.buffer}: the request goes on when it is whole, with its length;
 * one that is larger than {@code max_request_bytes} is answered with 413.
 */
public final class BufferFactory implements HttpFilterFactory {
  /** Stands for a route whose requests pass as they come. */
  static final int NOT_HERE = -1;

  @Override
  public String kind() {
    return "envoy.filters.http.buffer";
  }

  @Override
  public String typeUrl() {
    return MessageTypes.url(Buffer.getDescriptor());
  }

  @Override
  public String routeTypeUrl() {
    return MessageTypes.url(BufferPerRoute.getDescriptor());
  }

  @Override
  public boolean upstream() {
    return true;
  }

  @Override
  public HttpFilter.Maker create(Any config, HttpFilterContext context) throws ConfigException {
    int limit = limit(Unpack.as(Buffer.getDefaultInstance(), config));
    return stream -> new BufferFilter(stream, limit);
  }

  @Override
  public Object routeConfig(Any config) throws ConfigException {
    BufferPerRoute route = Unpack.as(BufferPerRoute.getDefaultInstance(), config);
    return route.getDisabled() ? NOT_HERE : limit(route.getBuffer());
  }

  // Unsigned: four billion is as good as two.
  private static int limit(Buffer config) {
    int bytes = config.getMaxRequestBytes().getValue();
    return bytes < 0 ? Integer.MAX_VALUE : bytes;
  }
}
