package io.bifocal.dataplane.cluster;

import org.jspecify.annotations.Nullable;

/** The clusters as one worker sees them. Confined to the worker's loop. */
public interface WorkerClusters {
  /** The active cluster of that name, or null when there is none. */
  @Nullable WorkerCluster find(String name);
}
