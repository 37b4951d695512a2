package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.XdsError;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One collection of endpoints, as it is now. What was good stays when the control plane falls
 * silent, or sends an endpoint that cannot be taken.
 */
final class LedsCollection implements ResourceWatcher<LbEndpoint> {
  private final LedsCollections.Key key;
  private final Set<User> users = new LinkedHashSet<>();
  private final TreeMap<String, LbEndpoint> endpoints = new TreeMap<>();
  private @Nullable Subscription subscription;
  private boolean answered;

  /** Who has endpoints from it. */
  interface User {
    /** The endpoints are others, or it is known now that there are none. */
    void onEndpoints();

    /** Counts what happens; equal for those who count at one place. */
    LedsStats stats();
  }

  LedsCollection(LedsCollections.Key key) {
    this.key = key;
  }

  LedsCollections.Key key() {
    return key;
  }

  /** Whether there was an answer, good or bad, or none came in time. */
  boolean answered() {
    return answered;
  }

  /** In the order of their names. */
  Collection<LbEndpoint> endpoints() {
    return endpoints.values();
  }

  void add(User user) {
    boolean counts = users.stream().noneMatch(u -> u.stats().equals(user.stats()));
    users.add(user);
    if (counts && subscription != null) {
      user.stats().observer().onAttempt();
    }
  }

  void subscribe(Subscriptions xds) {
    subscription =
        xds.subscribe(
            key.source(),
            ResourceType.LOCALITY_ENDPOINTS,
            Set.of(key.name()),
            this,
            new LedsStats.Shared(this::counting));
  }

  /** Returns whether it was the last one. */
  boolean remove(User user) {
    users.remove(user);
    if (!users.isEmpty() || subscription == null) {
      return users.isEmpty();
    }
    subscription.close();
    subscription = null;
    return true;
  }

  // Two copies of a cluster, while one warms, count as one.
  private Set<LedsStats> counting() {
    Set<LedsStats> all = new LinkedHashSet<>();
    users.forEach(user -> all.add(user.stats()));
    return all;
  }

  @Override
  public Verdict onUpdate(Update<LbEndpoint> update) {
    try {
      for (Resource<LbEndpoint> resource : update.resources()) {
        check(resource);
      }
    } catch (ConfigException e) {
      end();
      return Verdict.reject(e.reason());
    }
    if (update.resources().isEmpty() && update.removed().isEmpty()) {
      counting().forEach(stats -> stats.updateEmpty().inc());
    }
    update.removed().forEach(endpoints::remove);
    update.resources().forEach(resource -> endpoints.put(resource.name(), resource.value()));
    answered = true;
    tell();
    return Verdict.accept();
  }

  // Here and not where it is used, so that all users take it or none.
  private static void check(Resource<LbEndpoint> resource) throws ConfigException {
    LbEndpoint endpoint = resource.value();
    String path = "endpoint '" + resource.name() + "'";
    EndpointReader reader =
        new EndpointReader(HappyEyeballsConfig.getDefaultInstance(), path, new HashSet<>());
    try {
      Address primary = reader.primary(endpoint.getEndpoint());
      var unused = reader.addresses(endpoint.getEndpoint(), primary);
      var unusedTarget = reader.healthCheck(endpoint.getEndpoint().getHealthCheckConfig(), primary);
    } catch (ConfigException e) {
      throw new ConfigException(path + ": " + e.reason(), e);
    }
  }

  @Override
  public void onError(XdsError error) {
    if (!(error instanceof XdsError.Disconnected)) { // the stream comes back; the wait is bounded
      end();
    }
  }

  private void end() {
    if (!answered) {
      answered = true;
      tell();
    }
  }

  private void tell() {
    each(User::onEndpoints);
  }

  // A copy: who hears that it is ready may close another.
  private void each(Consumer<User> call) {
    List<User> all = new ArrayList<>(users);
    all.stream().filter(users::contains).forEach(call);
  }
}
