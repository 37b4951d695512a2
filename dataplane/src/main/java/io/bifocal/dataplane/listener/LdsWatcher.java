package io.bifocal.dataplane.listener;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.Hold;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.XdsError;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Applies what LDS says: removals, then each listener for itself. Those that are bad are refused
 * one by one; the others are taken.
 */
final class LdsWatcher implements ResourceWatcher<Listener> {
  private final ListenerSet listeners;
  private final Subscriptions xds;
  private final Runnable answered;
  private String version = "";

  /** A watcher that calls {@code answered} after each answer, good, bad or missing. */
  LdsWatcher(ListenerSet listeners, Subscriptions xds, Runnable answered) {
    this.listeners = listeners;
    this.xds = xds;
    this.answered = answered;
  }

  /** The last version of which anything was taken. */
  String version() {
    return version;
  }

  @Override
  public Verdict onUpdate(Update<Listener> update) {
    ListenerErrors errors = new ListenerErrors();
    Hold routes = xds.hold(ResourceType.ROUTES); // all new names make one request
    Hold secrets = xds.hold(ResourceType.SECRET);
    try {
      boolean removed = remove(update);
      boolean put = put(update, errors);
      listeners.settle();
      if (removed || put || errors.isEmpty()) {
        version = update.version();
      }
    } finally {
      routes.close();
      secrets.close();
    }
    answered.run();
    return errors.verdict();
  }

  private boolean remove(Update<Listener> update) {
    List<String> gone = update.removed();
    if (update.whole()) {
      Set<String> present = new HashSet<>();
      update.resources().forEach(r -> present.add(r.value().getName()));
      gone =
          listeners.entries().stream().map(e -> e.name).filter(n -> !present.contains(n)).toList();
    }
    boolean any = false;
    for (String name : gone) {
      any |= listeners.remove(name);
    }
    return any;
  }

  private boolean put(Update<Listener> update, ListenerErrors errors) {
    boolean any = false;
    Set<String> seen = new HashSet<>();
    for (Resource<Listener> resource : update.resources()) {
      Listener listener = resource.value();
      try {
        if (!seen.add(listener.getName())) {
          throw new ConfigException("duplicate listener " + listener.getName() + " found");
        }
        any |= listeners.put(listener, resource.version(), false);
      } catch (ConfigException e) {
        errors.add(listener.getName(), e.reason());
      }
    }
    return any;
  }

  @Override
  public void onError(XdsError error) {
    if (!(error instanceof XdsError.Disconnected)) {
      answered.run();
    }
  }
}
