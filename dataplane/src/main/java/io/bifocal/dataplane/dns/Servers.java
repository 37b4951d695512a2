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
 * What is known of servers: which one is asked first, and how long it is waited for. One that has
 * failed goes to the end for a while, so that a dead first server does not cost each look-up its
 * timeout. Confined to the control loop.
 *
 * <p>Source: c-ares' server metrics, measured through Envoy 1.40.
 */
final class Servers {
  private static final Duration FIRST_BAN = Duration.ofSeconds(30);
  private static final Duration LONGEST_BAN = Duration.ofMinutes(5);
  private static final Duration LEAST_PATIENCE = Duration.ofMillis(250);
  private static final int TIMES_THE_MEAN = 5;
  private static final int SAMPLES = 3;
  private static final int WEIGHT = 8;

  private final Loop loop;
  private final Map<Address.Ip, Experience> known = new HashMap<>();

  /** What a server has done so far. */
  private static final class Experience {
    int failuresInARow;
    long bannedUntil;
    int answers;
    long meanNanos;
  }

  Servers(Loop loop) {
    this.loop = loop;
  }

  /** These servers, those that have failed lately last. */
  List<Address.Ip> inOrder(List<Address.Ip> servers) {
    known.keySet().retainAll(servers);
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
    Experience past = known.get(server);
    return past != null && past.failuresInARow > 0 && past.bannedUntil - loop.nanoTime() > 0;
  }

  /**
   * How long an answer is waited for: {@code most}, but less if the server is known to be quick.
   */
  Duration patience(Address.Ip server, Duration most) {
    Experience past = known.get(server);
    if (past == null || past.answers < SAMPLES) {
      return most;
    }
    Duration usual = Duration.ofNanos(past.meanNanos * TIMES_THE_MEAN);
    Duration least = usual.compareTo(LEAST_PATIENCE) < 0 ? LEAST_PATIENCE : usual;
    return least.compareTo(most) < 0 ? least : most;
  }

  void failed(Address.Ip server) {
    Experience past = known.computeIfAbsent(server, s -> new Experience());
    long ban = FIRST_BAN.toNanos() << Math.min(past.failuresInARow, 10);
    past.failuresInARow++;
    past.bannedUntil = loop.nanoTime() + Math.min(ban, LONGEST_BAN.toNanos());
  }

  void answered(Address.Ip server, Duration after) {
    Experience past = known.computeIfAbsent(server, s -> new Experience());
    past.failuresInARow = 0;
    past.answers++;
    int weight = Math.min(past.answers, WEIGHT);
    past.meanNanos += (after.toNanos() - past.meanNanos) / weight;
  }
}
