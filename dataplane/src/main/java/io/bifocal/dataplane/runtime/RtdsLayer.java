package io.bifocal.dataplane.runtime;

import io.bifocal.api.ConfigException;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.ResourceWatcher;
import io.bifocal.xds.Subscription;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.Update;
import io.bifocal.xds.Verdict;
import io.bifocal.xds.XdsError;
import io.envoyproxy.envoy.service.runtime.v3.Runtime;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One layer that a control plane names; empty until it has answered. On the control loop. */
final class RtdsLayer implements ResourceWatcher<Runtime>, AutoCloseable {
  private final LayerSource.Rtds config;
  private final Runnable changed;
  private final Runnable heard;
  private RuntimeLayer layer;
  private @Nullable Subscription subscription;

  /**
   * A layer that is still empty.
   *
   * @param changed runs after each change
   * @param heard runs when there was an answer, good or bad, or none in time; maybe often
   */
  RtdsLayer(LayerSource.Rtds config, Runnable changed, Runnable heard) {
    this.config = config;
    this.changed = changed;
    this.heard = heard;
    this.layer = RuntimeLayer.empty(config.name());
  }

  void start(Subscriptions xds, SubscriptionObserver observer) {
    subscription =
        xds.subscribe(
            config.source(), ResourceType.RUNTIME, Set.of(config.resource()), this, observer);
  }

  RuntimeLayer layer() {
    return layer;
  }

  @Override
  public Verdict onUpdate(Update<Runtime> update) {
    try {
      RuntimeLayer next = read(update);
      if (!next.equals(layer)) {
        layer = next;
      }
      changed.run();
      return Verdict.accept();
    } catch (ConfigException e) {
      return Verdict.reject(e.reason());
    } finally {
      heard.run();
    }
  }

  private RuntimeLayer read(Update<Runtime> update) throws ConfigException {
    if (update.resources().size() + update.removed().size() != 1) {
      throw new ConfigException(
          "Unexpected RTDS resource length, number of added resources %d, number of removed resources %d"
              .formatted(update.resources().size(), update.removed().size()));
    }
    if (update.resources().isEmpty()) {
      return RuntimeLayer.empty(config.name());
    }
    Resource<Runtime> resource = update.resources().get(0);
    if (!resource.value().getName().equals(config.resource())) {
      throw new ConfigException(
          "Unexpected RTDS runtime (expecting %s): %s"
              .formatted(config.resource(), resource.value().getName()));
    }
    return RuntimeLayer.of(config.name(), resource.value().getLayer());
  }

  @Override
  public void onError(XdsError error) {
    // A connection that failed is tried again within the time; the rest ends the waiting.
    if (!(error instanceof XdsError.Disconnected)) {
      heard.run();
    }
  }

  @Override
  public void close() {
    if (subscription != null) {
      subscription.close();
    }
  }
}
