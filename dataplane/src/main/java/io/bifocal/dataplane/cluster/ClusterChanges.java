package io.bifocal.dataplane.cluster;

import java.util.List;

/**
 * What one step of the control loop changes for the workers: they apply it as a whole, and it costs
 * what changed.
 *
 * @param revision grows by one with each
 */
record ClusterChanges(long revision, List<ClusterSnapshot> set, List<String> removed) {
  ClusterChanges {
    set = List.copyOf(set);
    removed = List.copyOf(removed);
  }
}
