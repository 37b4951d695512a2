package io.bifocal.dataplane;

import io.bifocal.dataplane.http.filter.HttpFilters;
import io.bifocal.dataplane.http.filter.alternateprotocols.AlternateProtocolsFactory;
import io.bifocal.dataplane.http.filter.buffer.BufferFactory;
import io.bifocal.dataplane.http.filter.cors.CorsFactory;
import io.bifocal.dataplane.http.filter.fault.FaultFactory;
import io.bifocal.dataplane.http.filter.headermutation.HeaderMutationFactory;
import io.bifocal.dataplane.http.filter.healthcheck.HealthCheckFactory;
import io.bifocal.dataplane.http.filter.localratelimit.LocalRateLimitFactory;
import io.bifocal.dataplane.http.filter.rbac.RbacFactory;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.StatsStore;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import java.util.function.BooleanSupplier;

/** The HTTP filters that every proxy has, beside its embedder's. */
final class ShippedFilters {
  private ShippedFilters() {}

  /**
   * All but those that need clusters, of which filters are a part.
   *
   * @param failing whether health checks are to fail; on any thread
   */
  static HttpFilters http(
      Bootstrap bootstrap, StatsStore stats, RuntimeReader runtime, BooleanSupplier failing) {
    return new HttpFilters()
        .register(new HeaderMutationFactory())
        .register(new BufferFactory())
        .register(new CorsFactory(runtime))
        .register(new FaultFactory(runtime))
        .register(new HealthCheckFactory(stats, bootstrap.getNode().getCluster(), failing))
        .register(new LocalRateLimitFactory(stats.root(), runtime, bootstrap))
        .register(new AlternateProtocolsFactory())
        .register(new RbacFactory());
  }
}
