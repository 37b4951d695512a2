package io.bifocal.dataplane.tcp.filter;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.PassingFilter;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets so many connections of a filter chain pass at once; further ones are closed, after a while
 * if that is wanted.
 *
 * <p>Source: {@code envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit}; counts
 * under {@code connection_limit.<stat_prefix>.}
 */
final class ConnectionLimit implements PassingFilter {
  private static final SupportedFields FIELDS =
      SupportedFields.of(
              io.envoyproxy.envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit
                  .getDescriptor())
          .supports("stat_prefix", "max_connections", "delay", "runtime_enabled");

  private final RuntimeFeatureFlag enabled;
  private final RuntimeReader runtime;
  private final Duration delay;
  private final Counter limited;
  private final Gauge active;
  private final long max;
  private final AtomicLong open = new AtomicLong();

  private ConnectionLimit(
      io.envoyproxy.envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit config,
      Scope root,
      RuntimeReader runtime) {
    this.enabled =
        config.hasRuntimeEnabled()
            ? config.getRuntimeEnabled()
            : RuntimeFeatureFlag.newBuilder()
                .setDefaultValue(com.google.protobuf.BoolValue.of(true))
                .build();
    this.runtime = runtime;
    this.delay = JavaDuration.of(config.getDelay());
    this.max = config.getMaxConnections().getValue();
    Scope scope = root.scope("connection_limit").scope(config.getStatPrefix());
    this.limited = scope.counter("limited_connections");
    this.active = scope.gauge("active_connections");
  }

  static ConnectionLimit of(Any any, Scope root, RuntimeReader runtime) throws ConfigException {
    var config =
        Unpack.as(
            io.envoyproxy.envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit
                .getDefaultInstance(),
            any);
    FIELDS.check(config, "connection_limit '" + config.getStatPrefix() + "'");
    if (!config.hasMaxConnections()) {
      throw new ConfigException("Proto constraint validation failed: max_connections is required");
    }
    return new ConnectionLimit(config, root, runtime);
  }

  private boolean isEnabled() {
    String key = enabled.getRuntimeKey();
    boolean otherwise = enabled.getDefaultValue().getValue();
    return key.isEmpty() ? otherwise : runtime.snapshot().flag(key, otherwise);
  }

  @Override
  public void onConnection(
      Channel downstream, Worker worker, DownstreamConnection connection, Runnable next) {
    if (!isEnabled()) {
      next.run();
      return;
    }
    int shard = worker.shard();
    active.at(shard).inc();
    downstream.closeFuture().addListener(f -> active.at(shard).dec());
    if (open.getAndIncrement() < max) {
      downstream.closeFuture().addListener(f -> open.decrementAndGet());
      next.run();
      return;
    }
    open.decrementAndGet();
    limited.at(shard).inc();
    if (delay.isZero()) {
      var unused = downstream.close();
    } else {
      Loop.Timer timer =
          worker
              .loop()
              .schedule(
                  delay,
                  () -> {
                    var unused = downstream.close();
                  });
      downstream.closeFuture().addListener(f -> timer.cancel());
    }
  }
}
