package io.bifocal.dataplane.cluster;

import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last good assignment of every EDS resource in use, for a changed cluster whose control plane
 * does not send it again. An entry lives as long as somebody uses it.
 */
final class AssignmentCache {
  private final Map<Discovery.Eds, Entry> entries = new HashMap<>();

  private static final class Entry {
    int users;
    @Nullable ClusterLoadAssignment last;
  }

  void use(Discovery.Eds key) {
    entries.computeIfAbsent(key, k -> new Entry()).users++;
  }

  void release(Discovery.Eds key) {
    entries.computeIfPresent(key, (k, entry) -> --entry.users == 0 ? null : entry);
  }

  void put(Discovery.Eds key, ClusterLoadAssignment assignment) {
    Entry entry = entries.get(key);
    if (entry != null) {
      entry.last = assignment;
    }
  }

  @Nullable ClusterLoadAssignment get(Discovery.Eds key) {
    Entry entry = entries.get(key);
    return entry == null ? null : entry.last;
  }

  int size() {
    return entries.size();
  }
}
