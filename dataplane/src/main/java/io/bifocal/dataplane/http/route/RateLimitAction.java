package io.bifocal.dataplane.http.route;

import org.jspecify.annotations.Nullable;

/** Adds an entry to a descriptor; source: {@code envoy.config.route.v3.RateLimit.Action}. */
@FunctionalInterface
interface RateLimitAction {
  /** Stands for no entry where the descriptor is to be made all the same. */
  RateLimitDescriptor.Entry NOTHING = new RateLimitDescriptor.Entry("", "");

  /** The entry for a request; null when there is to be no descriptor at all. */
  RateLimitDescriptor.@Nullable Entry entry(RateLimitSubject request);
}
