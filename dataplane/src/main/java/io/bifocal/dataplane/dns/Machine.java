package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Family;

/** What the machine says of names and networks. {@link ThisMachine} is the real one. */
interface Machine {
  ResolvConf resolvConf();

  HostsFile hosts();

  /** Whether an interface has an address of that family that is not a loopback one. */
  boolean reaches(Family family);
}
