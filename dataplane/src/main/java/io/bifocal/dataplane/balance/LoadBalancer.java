package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import org.jspecify.annotations.Nullable;

/** One worker's chooser of hosts for one cluster: its cursor lives here. Confined to the worker. */
public interface LoadBalancer {
  /** A host for the next request, or null when none is usable. */
  @Nullable Host choose(HostSet hosts);
}
