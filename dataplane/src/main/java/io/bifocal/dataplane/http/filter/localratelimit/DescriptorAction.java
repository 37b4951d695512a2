package io.bifocal.dataplane.http.filter.localratelimit;

import io.bifocal.dataplane.http.filter.FilterStream;
import org.jspecify.annotations.Nullable;

/** Adds an entry to a descriptor; source: {@code envoy.config.route.v3.RateLimit.Action}. */
@FunctionalInterface
interface DescriptorAction {
  /** Stands for no entry where the descriptor is to be made all the same. */
  Descriptor.Entry NOTHING = new Descriptor.Entry("", "");

  /** The entry for a request; null when there is to be no descriptor at all. */
  Descriptor.@Nullable Entry entry(FilterStream stream);
}
