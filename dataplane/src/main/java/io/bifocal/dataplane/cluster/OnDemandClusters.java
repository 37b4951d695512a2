package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.ondemand.OnDemandNames;
import io.bifocal.dataplane.ondemand.Question;
import io.bifocal.dataplane.ondemand.Wait;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.Hold;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clusters that are asked for by name when a request needs one: a subscription for each source,
 * opened with its first name, kept while the proxy lives. What was found stays in force and up to
 * date. Confined to the control loop, but for {@link #question}.
 *
 * <p>Source: {@code envoy.extensions.filters.http.on_demand.v3.OnDemandCds}, Envoy's {@code
 * OdCdsApi}.
 */
public final class OnDemandClusters implements ClusterQuestions {
  private static final Logger log = LoggerFactory.getLogger(OnDemandClusters.class);

  /** Names without a cluster that are kept subscribed for each source. */
  static final int MAX_WITHOUT_CLUSTER = 1000;

  private final ClusterManager manager;
  private final Loop control;
  private final Subscriptions xds;
  private final Scope scope;
  private final Map<ConfigSource, Source> sources = new LinkedHashMap<>();
  private Supplier<SubscriptionObserver> observers = () -> SubscriptionObserver.NONE;

  OnDemandClusters(ClusterManager manager, Loop control, Subscriptions xds, Scope scope) {
    this.manager = manager;
    this.control = control;
    this.xds = xds;
    this.scope = scope;
  }

  /** Who counts what happens to a subscription; asked when one is opened. */
  public void observe(Supplier<SubscriptionObserver> subscriptions) {
    observers = subscriptions;
  }

  @Override
  public Question question(ConfigSource from, String cluster, Duration patience) {
    return new ClusterQuestion(this, from, cluster, patience);
  }

  private record ClusterQuestion(
      OnDemandClusters clusters, ConfigSource from, String cluster, Duration patience)
      implements Question {
    @Override
    public void ask(Wait asker) {
      clusters.control.assertInLoop();
      clusters.sources.computeIfAbsent(from, f -> clusters.new Source(f)).ask(cluster, asker);
    }

    @Override
    public void withdraw(Wait asker) {
      Source source = clusters.sources.get(from);
      if (source != null) {
        source.names.question(cluster, patience).withdraw(asker);
      }
    }
  }

  /** A cluster has become active; the workers hear of it within this task. */
  void onActive(String cluster) {
    if (!sources.isEmpty()) {
      control.execute(() -> sources.values().forEach(s -> s.names.present(cluster)));
    }
  }

  /** What the client holds of what was asked for. */
  List<ResourceStatus> statuses() {
    return sources.values().stream()
        .map(source -> source.subscription)
        .filter(Objects::nonNull)
        .flatMap(subscription -> subscription.statuses().stream())
        .toList();
  }

  void close() {
    sources.values().forEach(Source::close);
    sources.clear();
  }

  /** What was asked of one source. */
  private final class Source implements ResourceWatcher<Cluster> {
    private final ConfigSource from;
    private final Counter overflow = scope.counter("overflow");
    private final Counter refused = scope.counter("source_refused");
    private final OnDemandNames names =
        new OnDemandNames(MAX_WITHOUT_CLUSTER, this::subscribe, overflow::inc);
    private @Nullable Subscription subscription;
    private boolean told;

    Source(ConfigSource from) {
      this.from = from;
    }

    void ask(String cluster, Wait asker) {
      if (manager.find(cluster) != null) {
        asker.answered(); // it came while the question was on its way
        return;
      }
      names.question(cluster, Duration.ZERO).ask(asker);
    }

    private void subscribe() {
      Set<String> wanted = names.names();
      try {
        if (subscription == null) {
          subscription = xds.subscribe(from, ResourceType.CLUSTER, wanted, this, observers.get());
        } else {
          subscription.update(wanted);
        }
      } catch (IllegalArgumentException e) {
        refused(e);
        wanted.forEach(names::missing);
      }
    }

    // Each new name of a client's comes here: the first is told, all are counted.
    private void refused(IllegalArgumentException reason) {
      refused.inc();
      if (!told) {
        told = true;
        log.warn("clusters on demand cannot be asked for: {}", reason.getMessage());
      }
    }

    @Override
    public Verdict onUpdate(Update<Cluster> update) {
      Map<String, String> errors = new LinkedHashMap<>();
      Hold hold = xds.hold(ResourceType.ENDPOINTS);
      try {
        manager.batch(() -> apply(update, errors));
      } finally {
        hold.close();
      }
      return errors.isEmpty() ? Verdict.accept() : CdsWatcher.refusal(errors);
    }

    private void apply(Update<Cluster> update, Map<String, String> errors) {
      for (Resource<Cluster> resource : update.resources()) {
        String name = resource.value().getName();
        try {
          manager.addOnDemand(resource);
          if (manager.find(name) != null) {
            onActive(name);
          }
        } catch (ConfigException e) {
          errors.put(name, e.reason());
          names.missing(name);
        }
      }
      for (String name : update.removed()) {
        manager.removeOnDemand(name);
        names.missing(name);
      }
    }

    void close() {
      if (subscription != null) {
        subscription.close();
      }
      names.close();
    }
  }
}
