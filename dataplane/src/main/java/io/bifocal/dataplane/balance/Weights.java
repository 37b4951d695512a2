package io.bifocal.dataplane.balance;

import io.bifocal.dataplane.host.Host;
import java.util.List;

/** Whether weights matter at all. */
final class Weights {
  private Weights() {}

  static boolean equal(List<Host> hosts) {
    return hosts.stream().mapToInt(Host::weight).distinct().limit(2).count() < 2;
  }
}
