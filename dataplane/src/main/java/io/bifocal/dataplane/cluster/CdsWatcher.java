package io.bifocal.dataplane.cluster;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.Hold;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.XdsError;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes answers of CDS: what is good of one is applied, what is not is named in the refusal. The
 * subscriptions that it causes go out as one request, before the acknowledgement.
 */
final class CdsWatcher implements ResourceWatcher<Cluster> {
  private final ClusterManager manager;
  private final Subscriptions xds;
  private final Runnable answered;

  /**
   * @param answered runs after every answer, good or bad, and when there is none in time
   */
  CdsWatcher(ClusterManager manager, Subscriptions xds, Runnable answered) {
    this.manager = manager;
    this.xds = xds;
    this.answered = answered;
  }

  @Override
  public Verdict onUpdate(Update<Cluster> update) {
    Map<String, String> errors = new LinkedHashMap<>();
    Hold hold = xds.hold(ResourceType.ENDPOINTS);
    Hold secrets = xds.hold(ResourceType.SECRET);
    try {
      manager.apply(update.version(), () -> apply(update, errors));
    } finally {
      hold.close();
      secrets.close();
    }
    answered.run();
    return errors.isEmpty() ? Verdict.accept() : refusal(errors);
  }

  /** The refusal that names each cluster that was not taken, and why. */
  static Verdict refusal(Map<String, String> errors) {
    List<String> each = new ArrayList<>();
    errors.forEach((name, reason) -> each.add(name + ": " + reason));
    return Verdict.reject("Error adding/updating cluster(s) " + String.join(", ", each), errors);
  }

  private void apply(Update<Cluster> update, Map<String, String> errors) {
    Set<String> named = new HashSet<>();
    for (Resource<Cluster> resource : update.resources()) {
      String name = resource.value().getName();
      try {
        if (!named.add(name)) {
          throw new ConfigException("duplicate cluster " + name + " found");
        }
        manager.addOrUpdate(resource);
      } catch (ConfigException e) {
        errors.merge(name, e.reason(), (first, more) -> first + ", " + name + ": " + more);
      }
    }
    if (update.whole()) {
      manager.dynamicNamesBeside(named).forEach(manager::remove);
    }
    update.removed().forEach(manager::remove);
  }

  @Override
  public void onError(XdsError error) {
    if (!(error instanceof XdsError.Disconnected)) {
      answered.run();
    }
  }
}
