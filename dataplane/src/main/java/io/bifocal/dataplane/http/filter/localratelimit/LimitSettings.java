package io.bifocal.dataplane.http.filter.localratelimit;

import com.google.protobuf.util.Durations;
import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.filter.FilterStream;
import io.bifocal.dataplane.http.route.HeaderChanges;
import io.bifocal.dataplane.http.route.RateLimitDescriptor;
import io.bifocal.dataplane.ratelimit.TokenBucket;
import io.bifocal.dataplane.runtime.Fraction;
import io.bifocal.dataplane.runtime.RuntimeFraction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Gauge;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.XRateLimitHeadersRFCVersion;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A filter's configuration, or a route's, with its buckets. For use by all workers. */
final class LimitSettings {
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int DYNAMIC = 20;

  private static final SupportedFields FIELDS =
      SupportedFields.of(LocalRateLimit.getDescriptor())
          .supports(
              "stat_prefix",
              "status",
              "token_bucket",
              "filter_enabled",
              "filter_enforced",
              "request_headers_to_add_when_not_enforced",
              "response_headers_to_add",
              "descriptors",
              "local_rate_limit_per_downstream_connection",
              "enable_x_ratelimit_headers",
              "always_consume_default_token_bucket",
              "rate_limited_as_resource_exhausted",
              "rate_limits",
              "max_dynamic_descriptors",
              "stage",
              "vh_rate_limits",
              "local_cluster_rate_limit");

  final LimitStats stats;
  final RuntimeFraction enabled;
  final RuntimeFraction enforced;
  final int status;
  final HeaderChanges requestHeaders;
  final HeaderChanges responseHeaders;
  final boolean tellsLimits;
  final boolean exhausted;
  final DescriptorSource descriptors;
  private final Limiter.Plan plan;
  private final boolean perConnection;
  private final AtomicReference<@Nullable Limiter> shared = new AtomicReference<>();

  private LimitSettings(
      LocalRateLimit config,
      Surroundings surroundings,
      HeaderChanges requestHeaders,
      HeaderChanges responseHeaders,
      DescriptorSource descriptors,
      Limiter.Plan plan) {
    this.stats = surroundings.stats.of(config.getStatPrefix());
    this.enabled = share(config.hasFilterEnabled(), config.getFilterEnabled(), surroundings);
    this.enforced = share(config.hasFilterEnforced(), config.getFilterEnforced(), surroundings);
    int code = config.getStatus().getCodeValue();
    this.status = code < 400 ? TOO_MANY_REQUESTS : code;
    this.requestHeaders = requestHeaders;
    this.responseHeaders = responseHeaders;
    this.tellsLimits =
        config.getEnableXRatelimitHeaders() == XRateLimitHeadersRFCVersion.DRAFT_VERSION_03;
    this.exhausted = config.getRateLimitedAsResourceExhausted();
    this.descriptors = descriptors;
    this.plan = plan;
    this.perConnection = config.getLocalRateLimitPerDownstreamConnection();
  }

  /**
   * What all configurations share.
   *
   * @param ownCluster the cluster that this proxy belongs to
   * @param proxies how many hosts the cluster of proxies like this one has; null when there is none
   */
  record Surroundings(
      StatsByPrefix stats, RuntimeReader runtime, String ownCluster, @Nullable Gauge proxies) {}

  /** Finds the statistics under a prefix. */
  @FunctionalInterface
  interface StatsByPrefix {
    LimitStats of(String prefix);
  }

  // Of no requests unless it is said.
  private static RuntimeFraction share(
      boolean configured, RuntimeFractionalPercent config, Surroundings surroundings) {
    return configured
        ? RuntimeFraction.of(config, surroundings.runtime)
        : new RuntimeFraction("", new Fraction(0, 100), surroundings.runtime);
  }

  /**
   * Reads a configuration.
   *
   * @throws ConfigException in Envoy's words where it has any
   */
  static LimitSettings of(LocalRateLimit config, String path, Surroundings surroundings)
      throws ConfigException {
    LimitSettings read =
        new LimitSettings(
            config,
            surroundings,
            HeaderChanges.of(
                config.getRequestHeadersToAddWhenNotEnforcedList(),
                List.of(),
                path + ".request_headers_to_add_when_not_enforced"),
            HeaderChanges.of(
                config.getResponseHeadersToAddList(), List.of(), path + ".response_headers_to_add"),
            DescriptorSource.of(config, surroundings.ownCluster, path),
            plan(config, surroundings));
    for (String warning : FIELDS.check(config, path)) {
      LocalRateLimitFactory.log.warn("{}", warning);
    }
    return read;
  }

  private static Limiter.Plan plan(LocalRateLimit config, Surroundings surroundings)
      throws ConfigException {
    Map<List<RateLimitDescriptor.Entry>, TokenBucket.Spec> descriptors = new HashMap<>();
    for (LocalRateLimitDescriptor each : config.getDescriptorsList()) {
      List<RateLimitDescriptor.Entry> descriptor =
          each.getEntriesList().stream()
              .map(entry -> new RateLimitDescriptor.Entry(entry.getKey(), entry.getValue()))
              .toList();
      if (descriptors.putIfAbsent(descriptor, spec(each.getTokenBucket())) != null) {
        throw new ConfigException(
            "duplicate descriptor in the local rate descriptor: " + text(descriptor));
      }
    }
    return new Limiter.Plan(
        config.hasTokenBucket() ? spec(config.getTokenBucket()) : null,
        !config.hasAlwaysConsumeDefaultTokenBucket()
            || config.getAlwaysConsumeDefaultTokenBucket().getValue(),
        descriptors,
        config.hasMaxDynamicDescriptors() ? config.getMaxDynamicDescriptors().getValue() : DYNAMIC,
        config.hasLocalClusterRateLimit() ? proxies(config, surroundings) : null);
  }

  private static String text(List<RateLimitDescriptor.Entry> entries) {
    return entries.stream()
        .map(entry -> entry.key() + "=" + entry.value())
        .collect(Collectors.joining(", "));
  }

  private static Gauge proxies(LocalRateLimit config, Surroundings surroundings)
      throws ConfigException {
    if (config.getLocalRateLimitPerDownstreamConnection()) {
      throw new ConfigException(
          "local_cluster_rate_limit is set and local_rate_limit_per_downstream_connection is set to"
              + " true");
    }
    if (surroundings.proxies == null) {
      throw new ConfigException(
          "local_cluster_rate_limit is set but no local cluster name is present");
    }
    return surroundings.proxies;
  }

  private static TokenBucket.Spec spec(io.envoyproxy.envoy.type.v3.TokenBucket config)
      throws ConfigException {
    if (Durations.toMillis(config.getFillInterval()) < 50) {
      throw new ConfigException("local rate limit token bucket fill timer must be >= 50ms");
    }
    return TokenBucket.Spec.of(config);
  }

  /** The buckets for a request: everybody's, or its connection's. */
  Limiter limiter(FilterStream stream) {
    if (!perConnection) {
      Limiter known = shared.get();
      if (known != null) {
        return known;
      }
      Limiter fresh = new Limiter(plan, stream.loop().nanoTime());
      Limiter other = shared.compareAndExchange(null, fresh);
      return other == null ? fresh : other;
    }
    Object kept = stream.connection().stream().kept(this);
    if (kept instanceof Limiter known) {
      return known;
    }
    Limiter fresh = new Limiter(plan, stream.loop().nanoTime());
    stream.connection().stream().keep(this, fresh);
    return fresh;
  }
}
