package io.bifocal.dataplane.http.filter.localratelimit;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import io.bifocal.dataplane.ratelimit.TokenBucket;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The buckets of one configuration, or of one connection under it. For use by all workers. */
final class Limiter {
  private final @Nullable TokenBucket ordinary;
  private final boolean always;
  private final Map<Descriptor, TokenBucket> exact = new HashMap<>();
  private final List<Wildcard> wildcards = new ArrayList<>();

  /**
   * What buckets there are.
   *
   * @param ordinary for requests that no descriptor is for; null for no limit on them
   * @param always whether all others draw from it too
   * @param dynamic how many buckets a descriptor with a wildcard may have
   */
  record Plan(
      TokenBucket.@Nullable Spec ordinary,
      boolean always,
      Map<Descriptor, TokenBucket.Spec> descriptors,
      int dynamic) {
    Plan {
      descriptors = Map.copyOf(descriptors);
    }
  }

  private record Wildcard(
      Descriptor pattern, TokenBucket.Spec spec, Cache<Descriptor, TokenBucket> buckets) {
    TokenBucket bucket(Descriptor request, long now) {
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
    plan.descriptors.forEach(
        (descriptor, spec) -> {
          if (descriptor.isWildcard()) {
            Cache<Descriptor, TokenBucket> buckets =
                CacheBuilder.newBuilder().concurrencyLevel(1).maximumSize(plan.dynamic).build();
            wildcards.add(new Wildcard(descriptor, spec, buckets));
          } else {
            exact.put(descriptor, new TokenBucket(spec, now));
          }
        });
  }

  /** Draws for one request: from the slowest bucket first, until one is empty. */
  Verdict ask(List<Descriptor> descriptors, long now) {
    List<TokenBucket> buckets = buckets(descriptors, now);
    TokenBucket tightest = null;
    for (int i = 0; i < buckets.size(); i++) {
      TokenBucket bucket = buckets.get(i);
      if (!bucket.take(1, now)) {
        return new Verdict(false, bucket);
      }
      if (tightest == null || bucket.remaining(now) < tightest.remaining(now)) {
        tightest = bucket;
      }
    }
    if (ordinary != null && (always || buckets.isEmpty())) {
      if (!ordinary.take(1, now)) {
        return new Verdict(false, ordinary);
      }
      if (tightest == null || ordinary.remaining(now) < tightest.remaining(now)) {
        tightest = ordinary;
      }
    }
    return new Verdict(true, tightest);
  }

  private List<TokenBucket> buckets(List<Descriptor> descriptors, long now) {
    if (descriptors.isEmpty()) {
      return List.of();
    }
    List<TokenBucket> buckets = new ArrayList<>(descriptors.size());
    for (Descriptor descriptor : descriptors) {
      TokenBucket found = exact.get(descriptor);
      if (found == null) {
        found = dynamic(descriptor, now);
      }
      if (found != null) {
        buckets.add(found);
      }
    }
    buckets.sort(Comparator.comparingDouble(TokenBucket::perSecond));
    return buckets;
  }

  private @Nullable TokenBucket dynamic(Descriptor descriptor, long now) {
    for (Wildcard wildcard : wildcards) {
      if (wildcard.pattern.covers(descriptor)) {
        return wildcard.bucket(descriptor, now);
      }
    }
    return null;
  }
}
