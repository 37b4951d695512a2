package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Address;
import io.bifocal.xds.time.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * Which server is asked first. One that has failed goes to the end for a while, so that a dead
 * first server does not cost each look-up its timeout. Confined to the loop of the look-ups.
 */
final class Servers {
  private static final Duration FIRST_BAN = Duration.ofSeconds(30);
  private static final Duration LONGEST_BAN = Duration.ofMinutes(5);

  /** A server that has failed so many times in a row. */
  private record Ban(int failures, long until) {}

  private final Loop loop;
  private final Map<Address.Ip, Ban> bans = new HashMap<>();

  Servers(Loop loop) {
    this.loop = loop;
  }

  /** These servers, those that have failed lately last. */
  List<Address.Ip> inOrder(List<Address.Ip> servers) {
    bans.keySet().retainAll(servers);
    List<Address.Ip> ordered = new ArrayList<>(servers);
    ordered.sort(Comparator.comparing(this::banned));
    return List.copyOf(ordered);
  }

  /** The same, beginning anywhere: {@code rotate_nameservers}. */
  List<Address.Ip> rotated(List<Address.Ip> servers, DoubleSupplier chance) {
    int first = (int) (chance.getAsDouble() * servers.size());
    List<Address.Ip> turned = new ArrayList<>(servers.subList(first, servers.size()));
    turned.addAll(servers.subList(0, first));
    return inOrder(turned);
  }

  private boolean banned(Address.Ip server) {
    Ban ban = bans.get(server);
    return ban != null && ban.until() - loop.nanoTime() > 0;
  }

  void failed(Address.Ip server) {
    Ban before = bans.get(server);
    int failures = before == null ? 1 : before.failures() + 1;
    long ban = FIRST_BAN.toNanos() << Math.min(failures - 1, 10);
    bans.put(server, new Ban(failures, loop.nanoTime() + Math.min(ban, LONGEST_BAN.toNanos())));
  }

  void answered(Address.Ip server) {
    bans.remove(server);
  }
}
