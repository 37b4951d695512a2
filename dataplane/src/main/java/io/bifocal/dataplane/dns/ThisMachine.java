package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Family;
import io.bifocal.xds.time.Loop;
import java.net.Inet6Address;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;

/** The files and interfaces of the machine that this runs on. */
final class ThisMachine implements Machine {
  private final SystemFile<ResolvConf> resolvConf;
  private final SystemFile<HostsFile> hosts;

  ThisMachine(Loop loop) {
    resolvConf =
        new SystemFile<>(loop, Path.of("/etc/resolv.conf"), ResolvConf::parse, ResolvConf.NONE);
    hosts = new SystemFile<>(loop, Path.of("/etc/hosts"), HostsFile::parse, HostsFile.NONE);
  }

  @Override
  public ResolvConf resolvConf() {
    return resolvConf.read();
  }

  @Override
  public HostsFile hosts() {
    return hosts.read();
  }

  @Override
  public boolean reaches(Family family) {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(ip -> !ip.isLoopbackAddress())
          .anyMatch(ip -> ip instanceof Inet6Address == (family == Family.V6));
    } catch (SocketException e) {
      return true; // nothing is known: nothing is left out
    }
  }
}
