package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.host.HostSet;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hosts whose addresses a resolver tells. Names are asked for independently; what several of them
 * change in one turn of the loop is applied at once. Ready when the first of them has an answer.
 */
final class DnsMembership implements Membership {
  private static final Logger log = LoggerFactory.getLogger(DnsMembership.class);

  private final DnsEndpoints endpoints;
  private final boolean waitForWarm;
  private final AssignmentReader reader;
  private final Loop control;
  private final List<DnsTarget> targets = new ArrayList<>();
  private Hosts hosts = Hosts.NONE;
  private @Nullable Listener listener;
  private boolean changed;
  private boolean applying;
  private boolean ready;

  DnsMembership(DnsContext context, AssignmentReader reader) {
    this.endpoints = context.dns().endpoints();
    this.waitForWarm = context.dns().waitForWarm();
    this.reader = reader;
    this.control = context.control();
    for (String name : endpoints.names()) {
      targets.add(new DnsTarget(name, context, new Use()));
    }
  }

  @Override
  public void start(Listener newListener) {
    listener = newListener;
    targets.forEach(DnsTarget::start);
    if (!waitForWarm) {
      ready(newListener);
    }
  }

  @Override
  public ClusterLoadAssignment assignment() {
    return endpoints.assignment();
  }

  /** What happens to a name. */
  private final class Use implements DnsTarget.Listener {
    @Override
    public void changed() {
      changed = true;
    }

    @Override
    public void settled() {
      if (!applying) {
        applying = true;
        control.execute(DnsMembership.this::apply);
      }
    }
  }

  private void apply() {
    applying = false;
    if (listener == null) {
      return;
    }
    if (changed) {
      changed = false;
      update(listener);
    }
    ready(listener);
  }

  private void update(Listener told) {
    List<List<InetAddress>> addresses = targets.stream().map(DnsTarget::addresses).toList();
    try {
      Hosts read = reader.read(endpoints.resolved(addresses), hosts);
      Hosts next = endpoints.logical() ? oneHost(read) : read;
      if (!next.same(hosts)) {
        hosts = next;
        told.onHosts(next);
      }
    } catch (ConfigException e) {
      log.warn("an answer of the resolver cannot be used: {}", e.reason());
    }
  }

  private void ready(Listener told) {
    if (!ready) {
      ready = true;
      told.onReady();
    }
  }

  // A resolver that turns its answers round, or whose second answer comes late, makes no new host
  // of a logical one: while the address that names it is among the answers, its connections and
  // counters stay.
  private Hosts oneHost(Hosts read) {
    Host now = read.byPrimary().values().iterator().next();
    Host complete = now.with(now.addresses().being(targets.get(0).completeness()));
    Host kept =
        hosts.byPrimary().values().stream()
            .filter(before -> now.addresses().arrived().contains(before.primary()))
            .findFirst()
            .map(before -> complete.as(before.state()))
            .orElse(complete);
    return new Hosts(
        new HostSet(List.of(List.of(kept)), read.set().overprovisioningFactor()),
        Map.of(kept.primary(), kept),
        read.drops());
  }

  @Override
  public void close() {
    listener = null;
    targets.forEach(DnsTarget::close);
  }
}
