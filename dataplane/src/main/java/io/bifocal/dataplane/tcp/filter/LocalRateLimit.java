package io.bifocal.dataplane.tcp.filter;

import com.google.protobuf.Any;
import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.PassingFilter;
import io.bifocal.dataplane.ratelimit.TokenBucket;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.worker.Worker;
import io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag;
import io.netty.channel.Channel;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Closes connections that come faster than a bucket fills.
 *
 * <p>Source: {@code envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit}; counts
 * under {@code local_rate_limit.<stat_prefix>.}
 */
final class LocalRateLimit implements PassingFilter {
  private static final long LEAST_FILL_NANOS = 50_000_000;

  private static final SupportedFields FIELDS =
      SupportedFields.of(
              io.envoyproxy.envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit
                  .getDescriptor())
          .supports("stat_prefix", "token_bucket", "runtime_enabled", "share_key");

  private final Bucket bucket;
  private final RuntimeFeatureFlag enabled;
  private final RuntimeReader runtime;
  private final Counter limited;

  /** Which filters draw from one bucket. */
  record Shared(String key, io.envoyproxy.envoy.type.v3.TokenBucket config) {}

  /** One that is filled from the first connection on. */
  static final class Bucket {
    private final TokenBucket.Spec spec;
    private volatile @Nullable TokenBucket tokens;

    Bucket(TokenBucket.Spec spec) {
      this.spec = spec;
    }

    boolean take(long nanoTime) {
      TokenBucket known = tokens;
      return (known == null ? begin(nanoTime) : known).take(1, nanoTime);
    }

    private synchronized TokenBucket begin(long nanoTime) {
      TokenBucket known = tokens;
      if (known == null) {
        known = new TokenBucket(spec, nanoTime);
        tokens = known;
      }
      return known;
    }
  }

  private LocalRateLimit(
      Bucket bucket, RuntimeFeatureFlag enabled, RuntimeReader runtime, Counter limited) {
    this.bucket = bucket;
    this.enabled = enabled;
    this.runtime = runtime;
    this.limited = limited;
  }

  /**
   * Reads one.
   *
   * @param shared the buckets of filters that have a {@code share_key}
   */
  static LocalRateLimit of(Any any, Scope root, RuntimeReader runtime, Map<Shared, Bucket> shared)
      throws ConfigException {
    var config =
        Unpack.as(
            io.envoyproxy.envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit
                .getDefaultInstance(),
            any);
    FIELDS.check(config, "local_ratelimit '" + config.getStatPrefix() + "'");
    var tokens = config.getTokenBucket();
    if (Durations.toNanos(tokens.getFillInterval()) < LEAST_FILL_NANOS) {
      throw new ConfigException("local rate limit token bucket fill timer must be >= 50ms");
    }
    Bucket own = new Bucket(TokenBucket.Spec.of(tokens));
    Bucket bucket =
        config.getShareKey().isEmpty()
            ? own
            : shared.computeIfAbsent(new Shared(config.getShareKey(), tokens), key -> own);
    return new LocalRateLimit(
        bucket,
        config.getRuntimeEnabled(),
        runtime,
        root.scope("local_rate_limit").scope(config.getStatPrefix()).counter("rate_limited"));
  }

  private boolean isEnabled() {
    String key = enabled.getRuntimeKey();
    boolean otherwise = !enabled.hasDefaultValue() || enabled.getDefaultValue().getValue();
    return key.isEmpty() ? otherwise : runtime.snapshot().flag(key, otherwise);
  }

  @Override
  public void onConnection(
      Channel downstream, Worker worker, DownstreamConnection connection, Runnable next) {
    if (!isEnabled() || bucket.take(worker.loop().nanoTime())) {
      next.run();
      return;
    }
    limited.at(worker.shard()).inc();
    var unused = downstream.close();
  }
}
