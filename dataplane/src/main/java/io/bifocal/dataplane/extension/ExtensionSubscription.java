package io.bifocal.dataplane.extension;

import com.google.protobuf.Any;
import com.google.protobuf.Timestamp;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.FirstAnswer;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceStatus;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.XdsError;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.admin.v3.EcdsConfigDump.EcdsFilterConfig;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One extension's subscription, for all who want it. Confined to the control loop. */
final class ExtensionSubscription implements ResourceWatcher<TypedExtensionConfig> {
  private final String name;
  private final Loop control;
  private final SubscriptionObserver observer;
  private final Counter reloads;
  private final Counter failures;
  private final Counter conflicts;
  private final List<Discovered<?>> users = new ArrayList<>();
  private final FirstAnswer first = new FirstAnswer();
  private @Nullable Subscription subscription;
  private @Nullable TypedExtensionConfig good;
  private String version = "";
  private Instant since = Instant.EPOCH;

  /**
   * @param scope {@code extension_config_discovery.<kind>.<name>.}
   */
  ExtensionSubscription(String name, Scope scope, SubscriptionObserver observer, Loop control) {
    this.name = name;
    this.control = control;
    this.observer = observer;
    this.reloads = scope.counter("config_reload");
    this.failures = scope.counter("config_fail");
    this.conflicts = scope.counter("config_conflict");
  }

  void start(Subscriptions xds, ConfigSource source) {
    subscription =
        xds.subscribe(source, ResourceType.EXTENSION_CONFIG, Set.of(name), this, observer);
  }

  /** Gives a new user what there is already. */
  void add(Discovered<?> user) {
    users.add(user);
    TypedExtensionConfig known = good;
    if (known == null) {
      if (first.isHere()) {
        user.applyDefault();
      }
      return;
    }
    try {
      user.apply(user.read(known.getTypedConfig()));
    } catch (ConfigException e) {
      conflicts.inc();
      user.applyDefault();
    }
  }

  /** Whether nobody is left, so that it was ended. */
  boolean remove(Discovered<?> user) {
    users.remove(user);
    if (!users.isEmpty()) {
      return false;
    }
    if (subscription != null) {
      subscription.close();
    }
    observer.onEnd();
    return true;
  }

  /** Runs {@code task} when there was an answer, good or bad, or none in time. */
  void whenHeard(Runnable task) {
    first.whenHere(task);
  }

  @Override
  public Verdict onUpdate(Update<TypedExtensionConfig> update) {
    control.assertInLoop();
    try {
      if (update.resources().isEmpty() && !update.removed().isEmpty()) {
        good = null;
        users.forEach(Discovered::applyDefault);
      } else {
        take(update);
      }
      return Verdict.accept();
    } catch (ConfigException e) {
      failures.inc();
      return Verdict.reject(e.reason());
    } finally {
      heard();
    }
  }

  private void take(Update<TypedExtensionConfig> update) throws ConfigException {
    if (update.resources().size() != 1) {
      throw new ConfigException(
          "Unexpected number of resources in ExtensionConfigDS response: "
              + update.resources().size());
    }
    Resource<TypedExtensionConfig> resource = update.resources().get(0);
    TypedExtensionConfig fresh = resource.value();
    if (!fresh.getName().equals(name)) {
      throw new ConfigException(
          "Unexpected resource name in ExtensionConfigDS response: " + fresh.getName());
    }
    if (!fresh.equals(good)) {
      apply(fresh);
      reloads.inc();
      since = control.wallTime();
    }
    good = fresh;
    version = update.version();
  }

  // All who want it must be able to take it before anybody does.
  private void apply(TypedExtensionConfig fresh) throws ConfigException {
    Map<Discovered<?>, Object> read = new LinkedHashMap<>();
    try {
      for (Discovered<?> user : users) {
        read.put(user, user.read(fresh.getTypedConfig()));
      }
    } catch (ConfigException e) {
      read.forEach(Discovered::release);
      throw e;
    }
    read.forEach(Discovered::apply);
  }

  @Override
  public void onError(XdsError error) {
    // A connection that failed is tried again within the time; the rest ends the waiting.
    if (!(error instanceof XdsError.Disconnected)) {
      failures.inc();
      heard();
    }
  }

  private void heard() {
    if (!first.isHere() && good == null) {
      users.forEach(Discovered::applyDefault);
    }
    first.came();
  }

  /** What {@code /config_dump} shows; null while there is nothing, good or refused. */
  @Nullable EcdsFilterConfig dump() {
    EcdsFilterConfig.Builder dump = EcdsFilterConfig.newBuilder();
    ResourceStatus status = subscription == null ? null : subscription.status(name).orElse(null);
    if (status != null) {
      dump.setClientStatus(status.clientStatus());
      status.errorState().ifPresent(dump::setErrorState);
    }
    TypedExtensionConfig known = good;
    if (known != null) {
      return dump.setVersionInfo(version)
          .setEcdsFilter(Any.pack(known))
          .setLastUpdated(
              Timestamp.newBuilder()
                  .setSeconds(since.getEpochSecond())
                  .setNanos(since.getNano() / 1_000_000 * 1_000_000))
          .build();
    }
    // Of one that was refused and never was, the name is shown.
    return status == null || status.status() != ResourceStatus.Status.NACKED
        ? null
        : dump.setEcdsFilter(Any.pack(TypedExtensionConfig.newBuilder().setName(name).build()))
            .build();
  }
}
