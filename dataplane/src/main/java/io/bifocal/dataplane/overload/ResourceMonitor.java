package io.bifocal.dataplane.overload;

import java.io.IOException;

/** Knows how far a resource is used. On the control loop; must not block for long. */
@FunctionalInterface
interface ResourceMonitor {
  /** The share that is used: 0 for nothing, 1 for all. */
  double pressure() throws IOException;
}
