package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hosts whose addresses a resolver tells, asked again and again. A name that cannot be resolved
 * keeps the addresses it had.
 */
final class DnsMembership implements Membership {
  private static final Logger log = LoggerFactory.getLogger(DnsMembership.class);

  private final Discovery.Dns dns;
  private final AssignmentReader reader;
  private final ClusterStats stats;
  private final ClusterStats.Lookups lookups;
  private final Resolver resolver;
  private final Loop control;
  private final Set<String> names = new LinkedHashSet<>();
  private final Map<String, List<InetAddress>> answers = new HashMap<>();
  private Hosts hosts = Hosts.NONE;
  private @Nullable Listener listener;
  private Loop.@Nullable Timer timer;
  private int pending;
  private int failedRounds;
  private boolean failed;
  private boolean ready;

  DnsMembership(
      Discovery.Dns dns,
      AssignmentReader reader,
      ClusterStats stats,
      Resolver resolver,
      Loop control) {
    this.dns = dns;
    this.reader = reader;
    this.stats = stats;
    this.lookups = stats.lookups();
    this.resolver = resolver;
    this.control = control;
    for (LocalityLbEndpoints place : dns.assignment().getEndpointsList()) {
      for (LbEndpoint endpoint : place.getLbEndpointsList()) {
        String name = Discovery.Dns.name(endpoint);
        if (name != null) {
          names.add(name);
        }
      }
    }
  }

  @Override
  public void start(Listener newListener) {
    listener = newListener;
    ask();
  }

  @Override
  public ClusterLoadAssignment assignment() {
    return dns.assignment();
  }

  private void ask() {
    timer = null;
    failed = false;
    pending = names.size();
    for (String name : names) {
      lookups.attempt().inc();
      resolver.resolve(name, answer -> onAnswer(name, answer));
    }
  }

  private void onAnswer(String name, Resolver.Answer answer) {
    if (listener == null) {
      return;
    }
    List<InetAddress> found =
        answer instanceof Resolver.Answer.Found all ? dns.of(all.addresses()) : List.of();
    // A logical host without an address would be none: it keeps the one it has.
    if (answer instanceof Resolver.Answer.Found && !(dns.logical() && found.isEmpty())) {
      lookups.success().inc();
      answers.put(name, found);
    } else {
      failed = true;
      lookups.failure().inc();
      log.debug("'{}' is not resolved: {}", name, answer);
    }
    if (--pending == 0) {
      apply(listener);
    }
  }

  private void apply(Listener told) {
    try {
      Hosts next = keepIdentity(reader.read(dns.resolved(answers), hosts));
      if (next.set().equals(hosts.set())) {
        stats.updateNoRebuild.inc();
      } else {
        hosts = next;
        told.onHosts(next);
      }
    } catch (ConfigException e) {
      log.warn("an answer of the resolver cannot be used: {}", e.reason());
    }
    if (!ready) {
      ready = true;
      told.onReady();
    }
    if (listener != null) {
      failedRounds = failed ? failedRounds + 1 : 0;
      timer = control.schedule(dns.delay(failedRounds), this::ask);
    }
  }

  // A resolver that turns its answers round makes no new host of a logical one: while the address
  // that names it is among the answers, its connections and counters stay.
  private Hosts keepIdentity(Hosts read) {
    if (!dns.logical() || hosts.total() != 1 || read.total() != 1) {
      return read;
    }
    Host before = hosts.byPrimary().values().iterator().next();
    Host now = read.byPrimary().values().iterator().next();
    if (now.primary().equals(before.primary())
        || !now.addresses().arrived().contains(before.primary())) {
      return read;
    }
    Host kept = now.as(before.state());
    List<List<Host>> priorities = new ArrayList<>();
    read.set().priorities().forEach(p -> priorities.add(p.isEmpty() ? p : List.of(kept)));
    return new Hosts(
        new HostSet(priorities, read.set().overprovisioningFactor()), Map.of(kept.primary(), kept));
  }

  /** How long until the names are asked again. */
  static Duration backOff(Duration base, Duration max, int failures) {
    Duration delay = base;
    for (int i = 1; i < failures && delay.compareTo(max) < 0; i++) {
      delay = delay.multipliedBy(2);
    }
    return delay.compareTo(max) < 0 ? delay : max;
  }

  @Override
  public void close() {
    listener = null;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
