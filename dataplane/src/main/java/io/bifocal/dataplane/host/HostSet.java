package io.bifocal.dataplane.host;

import java.util.List;

/**
 * The hosts of a cluster by priority, the most preferred first; immutable.
 *
 * @param priorities one list a priority; a list may be empty
 * @param overprovisioningFactor in percent; Envoy's default is 140
 */
public record HostSet(List<List<Host>> priorities, int overprovisioningFactor) {
  public static final HostSet EMPTY = new HostSet(List.of(), 140);

  public HostSet {
    priorities = priorities.stream().map(List::copyOf).toList();
  }

  public List<Host> all() {
    return priorities.stream().flatMap(List::stream).toList();
  }
}
