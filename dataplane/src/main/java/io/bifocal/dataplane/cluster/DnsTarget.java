package io.bifocal.dataplane.cluster;

import io.bifocal.dataplane.cluster.KnownAddresses.Verdict;
import io.bifocal.dataplane.connect.ConnectSettings.DestinationOrdering;
import io.bifocal.dataplane.dns.AddressRecord;
import io.bifocal.dataplane.dns.DestinationOrder;
import io.bifocal.dataplane.dns.Resolution;
import io.bifocal.dataplane.dns.Resolver;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.xds.time.Loop;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One name of a cluster, asked for again and again, each time when its own last answer is due. A
 * name that cannot be resolved keeps the addresses it had.
 */
final class DnsTarget {
  private static final Logger log = LoggerFactory.getLogger(DnsTarget.class);

  private final String name;
  private final DnsContext context;
  private final Listener listener;
  private final RefreshRate.Delays delays;
  private final KnownAddresses known;
  private List<InetAddress> addresses = List.of();
  private Completeness completeness = Completeness.COMPLETE;
  private Resolver.@Nullable Query query;
  private Loop.@Nullable Timer timer;
  private boolean changed;

  /** Who uses the addresses. */
  interface Listener {
    /** {@link #addresses} or {@link #completeness} are others from now on. */
    void changed();

    /** A look-up has told something that can be used, or has failed. */
    void settled();
  }

  DnsTarget(String name, DnsContext context, Listener listener) {
    this.name = name;
    this.context = context;
    this.listener = listener;
    this.delays = context.dns().refresh().delays(context.chance());
    this.known = new KnownAddresses(context.raced());
  }

  /** Asks, for the first time. */
  void start() {
    ask();
  }

  /** In the order in which they are tried, before families are interleaved. */
  List<InetAddress> addresses() {
    return addresses;
  }

  /** Whether the answer for the other family is still to come. */
  Completeness completeness() {
    return completeness;
  }

  private void ask() {
    changed = false;
    context.lookups().attempt().inc();
    query = context.resolver().resolve(name, context.dns().family(), this::onResolution);
  }

  private void onResolution(Resolution told) {
    stopTimer();
    Verdict verdict = known.on(told);
    if (verdict == Verdict.AWAIT_IPV6) {
      awaitIpv6();
    } else {
      obey(verdict);
    }
    if (told.complete()) {
      query = null;
      askLater(verdict, told);
    }
  }

  private void awaitIpv6() {
    Duration delay = context.settings().resolutionDelay();
    if (delay.isZero()) {
      obey(known.waited());
    } else {
      timer = context.control().schedule(delay, () -> obey(known.waited()));
    }
  }

  private void obey(Verdict verdict) {
    if (verdict == Verdict.USE) {
      use(ordered());
    }
    if (verdict == Verdict.USE || verdict == Verdict.FAILED) {
      listener.settled();
    }
  }

  // That more is to come is told along with something new only; that no more is, by itself.
  private void use(List<InetAddress> now) {
    boolean unchanged = same(now);
    boolean settled = known.completeness() == Completeness.COMPLETE;
    if (unchanged && (!settled || completeness == Completeness.COMPLETE)) {
      return;
    }
    addresses = unchanged ? addresses : now;
    completeness = known.completeness();
    changed = true;
    listener.changed();
  }

  private List<InetAddress> ordered() {
    List<InetAddress> ips = known.records().stream().map(AddressRecord::ip).toList();
    if (!context.raced()) {
      return ips.stream().distinct().toList();
    }
    return context.settings().destinationOrdering() == DestinationOrdering.RFC6724
        ? DestinationOrder.sort(ips, context.sources())
        : ips;
  }

  // Hosts have no order, what is raced has.
  private boolean same(List<InetAddress> now) {
    return context.raced()
        ? now.equals(addresses)
        : new HashSet<>(now).equals(new HashSet<>(addresses));
  }

  private void askLater(Verdict verdict, Resolution told) {
    Duration delay;
    if (verdict == Verdict.FAILED) {
      context.lookups().failure().inc();
      delay = delays.afterFailure();
      log.debug("'{}' is not resolved: {}", name, told.answers());
    } else {
      context.lookups().success().inc();
      if (!changed) {
        context.lookups().noRebuild().inc();
      }
      delay = delays.afterAnswer(ttl());
    }
    timer = context.control().schedule(delay, this::ask);
  }

  // As in Envoy: the first address's for one host, else the least.
  private Duration ttl() {
    return known.records().stream()
        .filter(record -> !context.raced() || record.ip().equals(addresses.get(0)))
        .map(AddressRecord::ttl)
        .min(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  void close() {
    stopTimer();
    if (query != null) {
      query.cancel();
      query = null;
    }
  }
}
