package io.bifocal.dataplane.http.filter.localratelimit;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import io.bifocal.dataplane.http.route.RateLimitDescriptor;
import io.bifocal.dataplane.ratelimit.TokenBucket;
import io.bifocal.dataplane.stats.Gauge;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The buckets of one configuration, or of one connection under it. For use by all workers. */
final class Limiter {
  private static final Comparator<Draw> SLOWEST_FIRST =
      Comparator.comparingDouble(draw -> draw.bucket.perSecond());

  private final @Nullable TokenBucket ordinary;
  private final boolean always;
  private final @Nullable Gauge proxies;
  private final Map<List<RateLimitDescriptor.Entry>, TokenBucket> exact = new HashMap<>();
  private final List<Wildcard> wildcards = new ArrayList<>();

  /**
   * What buckets there are.
   *
   * @param ordinary for requests that no descriptor is for; null for no limit on them
   * @param always whether all others draw from it too
   * @param dynamic how many buckets a descriptor with a wildcard may have
   * @param proxies how many proxies there are, each with an equal share of the tokens; null when
   *     all are this one's
   */
  record Plan(
      TokenBucket.@Nullable Spec ordinary,
      boolean always,
      Map<List<RateLimitDescriptor.Entry>, TokenBucket.Spec> descriptors,
      int dynamic,
      @Nullable Gauge proxies) {
    Plan {
      descriptors = Map.copyOf(descriptors);
    }
  }

  /** What a request takes from a bucket. */
  private record Draw(TokenBucket bucket, long hits) {}

  private record Wildcard(
      List<RateLimitDescriptor.Entry> pattern,
      TokenBucket.Spec spec,
      Cache<List<RateLimitDescriptor.Entry>, TokenBucket> buckets) {
    static boolean isOne(List<RateLimitDescriptor.Entry> entries) {
      return entries.stream().anyMatch(entry -> entry.value().isEmpty());
    }

    // Whether a request's descriptor is one of those that this one stands for.
    boolean covers(List<RateLimitDescriptor.Entry> request) {
      if (pattern.size() != request.size()) {
        return false;
      }
      for (int i = 0; i < pattern.size(); i++) {
        RateLimitDescriptor.Entry mine = pattern.get(i);
        RateLimitDescriptor.Entry asked = request.get(i);
        if (!mine.key().equals(asked.key())
            || (!mine.value().isEmpty() && !mine.value().equals(asked.value()))) {
          return false;
        }
      }
      return true;
    }

    TokenBucket bucket(List<RateLimitDescriptor.Entry> request, long now) {
      TokenBucket known = buckets.getIfPresent(request);
      if (known != null) {
        return known;
      }
      TokenBucket fresh = new TokenBucket(spec, now);
      TokenBucket other = buckets.asMap().putIfAbsent(request, fresh);
      return other == null ? fresh : other;
    }
  }

  /**
   * What became of a request.
   *
   * @param bucket the one that tells most about it; null when none was asked
   */
  record Verdict(boolean allowed, @Nullable TokenBucket bucket) {}

  Limiter(Plan plan, long now) {
    this.ordinary = plan.ordinary == null ? null : new TokenBucket(plan.ordinary, now);
    this.always = plan.always;
    this.proxies = plan.proxies;
    plan.descriptors.forEach(
        (descriptor, spec) -> {
          if (Wildcard.isOne(descriptor)) {
            Cache<List<RateLimitDescriptor.Entry>, TokenBucket> buckets =
                CacheBuilder.newBuilder().concurrencyLevel(1).maximumSize(plan.dynamic).build();
            wildcards.add(new Wildcard(descriptor, spec, buckets));
          } else {
            exact.put(descriptor, new TokenBucket(spec, now));
          }
        });
  }

  /** Draws for one request: from the slowest bucket first, until one is empty. */
  Verdict ask(List<RateLimitDescriptor> descriptors, long now) {
    List<Draw> buckets = draws(descriptors, now);
    // A share of the tokens is as good as all of them at a price.
    long price = proxies == null ? 1 : Math.max(1, proxies.value());
    TokenBucket tightest = null;
    for (int i = 0; i < buckets.size(); i++) {
      TokenBucket bucket = buckets.get(i).bucket;
      if (!bucket.take(buckets.get(i).hits * price, now)) {
        return new Verdict(false, bucket);
      }
      if (tightest == null || bucket.remaining(now) < tightest.remaining(now)) {
        tightest = bucket;
      }
    }
    if (ordinary != null && (always || buckets.isEmpty())) {
      if (!ordinary.take(price, now)) {
        return new Verdict(false, ordinary);
      }
      if (tightest == null || ordinary.remaining(now) < tightest.remaining(now)) {
        tightest = ordinary;
      }
    }
    return new Verdict(true, tightest);
  }

  private List<Draw> draws(List<RateLimitDescriptor> descriptors, long now) {
    if (descriptors.isEmpty()) {
      return List.of();
    }
    List<Draw> draws = new ArrayList<>(descriptors.size());
    for (RateLimitDescriptor descriptor : descriptors) {
      TokenBucket found = exact.get(descriptor.entries());
      if (found == null) {
        found = dynamic(descriptor.entries(), now);
      }
      if (found != null) {
        draws.add(new Draw(found, descriptor.hits()));
      }
    }
    draws.sort(SLOWEST_FIRST);
    return draws;
  }

  private @Nullable TokenBucket dynamic(List<RateLimitDescriptor.Entry> descriptor, long now) {
    for (Wildcard wildcard : wildcards) {
      if (wildcard.covers(descriptor)) {
        return wildcard.bucket(descriptor, now);
      }
    }
    return null;
  }
}
