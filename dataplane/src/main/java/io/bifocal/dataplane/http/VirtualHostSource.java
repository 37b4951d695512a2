package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.ondemand.OnDemandNames;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.ondemand.Wait;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.XdsError;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Virtual hosts from one source: what the server tells unasked, and what is asked for by name. A
 * resource is called {@code <route configuration>/<host>}; each goes to the owner of its route
 * configuration, and is kept for one that comes later. Confined to the control loop.
 *
 * <p>Source: the xDS protocol's VHDS, Envoy's {@code VhdsSubscription}.
 */
final class VirtualHostSource implements ResourceWatcher<VirtualHost> {
  /** Hosts without a virtual host that are kept subscribed for each route configuration. */
  static final int MAX_WITHOUT_HOST = 1000;

  private final Subscriptions xds;
  private final ConfigSource from;
  private final Duration patience;
  private final Runnable onUnused;
  private final Map<String, Map<String, Resource<VirtualHost>>> hosts = new HashMap<>();
  private final Map<String, Set<Lease>> leases = new LinkedHashMap<>();
  private @Nullable Subscription subscription;
  private boolean heard;

  /** Whose virtual hosts they are. */
  interface Owner {
    /**
     * These are all; what was good stays when they are refused.
     *
     * @param version of the response
     * @throws ConfigException in Envoy's words
     */
    void take(Collection<VirtualHost> all, String version) throws ConfigException;

    /** Whether a request for that authority finds a virtual host. */
    boolean hasHost(String authority);

    /** There was an answer, good or bad, or none in time; once. */
    void heard();

    /** A host was not asked for, because too many are. */
    void overflow();
  }

  VirtualHostSource(Subscriptions xds, ConfigSource from, Runnable onUnused) {
    this.xds = xds;
    this.from = from;
    this.patience = Subscriptions.initialFetchTimeout(from);
    this.onUnused = onUnused;
  }

  Lease lease(String routes, SubscriptionObserver observer, Owner owner) {
    Lease lease = new Lease(routes, observer, owner);
    leases.computeIfAbsent(routes, r -> new LinkedHashSet<>()).add(lease);
    if (subscription == null) {
      try {
        subscription =
            xds.subscribe(from, ResourceType.VIRTUAL_HOST, Set.of(), this, new EveryObserver());
      } catch (IllegalArgumentException e) {
        onUnused.run();
        throw e;
      }
    } else {
      observer.onAttempt();
    }
    return lease;
  }

  private List<Lease> all() {
    return leases.values().stream().flatMap(Collection::stream).toList();
  }

  // Everything, and besides what was asked for by name.
  private void subscribe() {
    Set<String> names = new LinkedHashSet<>(Set.of("*"));
    all().forEach(lease -> names.addAll(lease.names.names()));
    if (subscription != null) {
      subscription.update(names);
    }
  }

  private static String namespace(String resource) {
    return resource.substring(0, Math.max(0, resource.lastIndexOf('/')));
  }

  @Override
  public Verdict onUpdate(Update<VirtualHost> update) {
    Map<String, Map<String, Resource<VirtualHost>>> changed = new LinkedHashMap<>();
    for (Resource<VirtualHost> resource : update.resources()) {
      changes(changed, resource.name()).put(resource.name(), resource);
    }
    update.removed().forEach(name -> changes(changed, name).remove(name));
    List<String> errors = new ArrayList<>();
    changed.forEach(
        (routes, next) -> {
          try {
            List<VirtualHost> values = next.values().stream().map(Resource::value).toList();
            for (Lease lease : List.copyOf(leases.getOrDefault(routes, Set.of()))) {
              lease.owner.take(values, update.version());
            }
            settle(routes, next, update);
          } catch (ConfigException e) {
            errors.add(e.reason());
          }
        });
    heard();
    return errors.isEmpty() ? Verdict.accept() : Verdict.reject(String.join(", ", errors));
  }

  private Map<String, Resource<VirtualHost>> changes(
      Map<String, Map<String, Resource<VirtualHost>>> changed, String resource) {
    return changed.computeIfAbsent(
        namespace(resource), routes -> new TreeMap<>(hosts.getOrDefault(routes, Map.of())));
  }

  private void settle(
      String routes, Map<String, Resource<VirtualHost>> next, Update<VirtualHost> update) {
    Map<String, Resource<VirtualHost>> before = hosts.getOrDefault(routes, Map.of());
    if (next.isEmpty()) {
      hosts.remove(routes);
    } else {
      hosts.put(routes, next);
    }
    for (Lease lease : List.copyOf(leases.getOrDefault(routes, Set.of()))) {
      for (String name : update.removed()) {
        // What was reached through it by another name is to be asked for anew.
        Resource<VirtualHost> gone = before.get(name);
        if (gone != null) {
          gone.aliases().forEach(lease.names::forget);
        }
        lease.names.missing(name);
      }
      for (Resource<VirtualHost> resource : update.resources()) {
        lease.names.present(resource.name());
        resource.aliases().forEach(lease.names::present);
      }
    }
  }

  @Override
  public void onError(XdsError error) {
    if (!(error instanceof XdsError.Disconnected)) {
      heard();
    }
  }

  private void heard() {
    if (!heard) {
      heard = true;
      all().forEach(lease -> lease.owner.heard());
    }
  }

  /** The virtual hosts of one route configuration. */
  final class Lease implements AutoCloseable {
    private final String routes;
    private final SubscriptionObserver observer;
    private final Owner owner;
    private final OnDemandNames names;

    Lease(String routes, SubscriptionObserver observer, Owner owner) {
      this.routes = routes;
      this.observer = observer;
      this.owner = owner;
      this.names =
          new OnDemandNames(MAX_WITHOUT_HOST, VirtualHostSource.this::subscribe, owner::overflow);
    }

    /** Those that are known. */
    Collection<VirtualHost> known() {
      return hosts.getOrDefault(routes, Map.of()).values().stream().map(Resource::value).toList();
    }

    /** Whether there was an answer at all, or is none to be expected. */
    boolean hasHeard() {
      return heard;
    }

    /** Whether there is a virtual host for an authority; on any loop. */
    Question question(String authority) {
      String name = routes + "/" + authority.toLowerCase(Locale.ROOT);
      return new HostQuestion(owner, authority, names.question(name, patience));
    }

    @Override
    public void close() {
      Set<Lease> sharing = leases.getOrDefault(routes, Set.of());
      if (!sharing.remove(this)) {
        return;
      }
      if (sharing.isEmpty()) {
        leases.remove(routes);
      }
      boolean named = !names.names().isEmpty();
      names.close();
      observer.onEnd();
      Subscription open = subscription;
      if (leases.isEmpty() && open != null) {
        subscription = null;
        onUnused.run();
        open.close();
      } else if (named) {
        subscribe();
      }
    }
  }

  private record HostQuestion(Owner owner, String authority, Question byName) implements Question {
    @Override
    public Duration patience() {
      return byName.patience();
    }

    @Override
    public void ask(Wait asker) {
      if (owner.hasHost(authority)) {
        asker.answered(); // it came while the question was on its way
      } else {
        byName.ask(asker);
      }
    }

    @Override
    public void withdraw(Wait asker) {
      byName.withdraw(asker);
    }
  }

  /** What happens to the one subscription happens to each of the leases. */
  private final class EveryObserver implements SubscriptionObserver {
    @Override
    public void onAttempt() {
      all().forEach(lease -> lease.observer.onAttempt());
    }

    @Override
    public void onSuccess(String version, Duration took) {
      all().forEach(lease -> lease.observer.onSuccess(version, took));
    }

    @Override
    public void onRejected(String reason) {
      all().forEach(lease -> lease.observer.onRejected(reason));
    }

    @Override
    public void onFailure() {
      all().forEach(lease -> lease.observer.onFailure());
    }

    @Override
    public void onFetchTimeout() {
      all().forEach(lease -> lease.observer.onFetchTimeout());
    }
  }
}
