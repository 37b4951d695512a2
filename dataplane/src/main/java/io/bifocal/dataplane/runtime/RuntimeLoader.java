package io.bifocal.dataplane.runtime;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.SubscriptionObserver;
import io.bifocal.xds.Subscriptions;
import io.bifocal.xds.file.FileWatcher;
import io.bifocal.xds.time.Loop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the runtime: puts its layers together again whenever one changes, and publishes the result.
 * Confined to the control loop, but for {@link #snapshot}.
 *
 * <p>Source: {@code envoy.config.bootstrap.v3.LayeredRuntime}; statistics under {@code runtime.}.
 */
public final class RuntimeLoader implements RuntimeReader, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RuntimeLoader.class);
  private static final int MAX_OVERRIDES = 10_000;

  private final RuntimeLayers layers;
  private final Loop control;
  private final FileWatcher files;
  private final RuntimeStats stats;
  private final InitManager firstAnswers = new InitManager("RTDS");
  private final Map<LayerSource.Rtds, RtdsLayer> subscribed = new LinkedHashMap<>();
  private final List<FileWatcher.Watch> watches = new ArrayList<>();
  private final SortedMap<String, RuntimeValue> overrides = new TreeMap<>();
  private volatile RuntimeSnapshot current = RuntimeSnapshot.EMPTY;

  /**
   * Loads what needs nobody else: the bootstrap's own layers and those on disk.
   *
   * @param root the statistics' root
   * @param files closed with this
   */
  public RuntimeLoader(RuntimeLayers layers, Loop control, Scope root, FileWatcher files) {
    this.layers = layers;
    this.control = control;
    this.files = files;
    this.stats = new RuntimeStats(root);
    load();
  }

  @Override
  public RuntimeSnapshot snapshot() {
    return current;
  }

  /**
   * Subscribes to the layers of RTDS and waits for the first answer to each: good or bad, or for
   * {@code initial_fetch_timeout}.
   *
   * @param observer counts what happens to a subscription
   * @param ready runs once, maybe within this call
   * @throws IllegalArgumentException when a source is of a kind that is not served
   */
  public void start(Subscriptions xds, Supplier<SubscriptionObserver> observer, Runnable ready) {
    control.assertInLoop();
    for (LayerSource source : layers.sources()) {
      if (source instanceof LayerSource.Rtds rtds) {
        InitManager.Target target = firstAnswers.register("RTDS " + rtds.resource());
        RtdsLayer layer = new RtdsLayer(rtds, this::load, target::ready);
        subscribed.put(rtds, layer);
        layer.start(xds, observer.get());
      } else if (source instanceof LayerSource.Disk disk) {
        watch(disk);
      }
    }
    load(); // once more: files may have changed before they were watched
    firstAnswers.await(ready);
  }

  private void watch(LayerSource.Disk disk) {
    Path root = disk.root().toAbsolutePath();
    Path parent = root.getParent();
    try {
      if (parent != null) {
        watches.add(files.watch(parent, String.valueOf(root.getFileName()), this::load));
      }
    } catch (IOException e) {
      log.warn("runtime layer '{}' is read once: {} cannot be watched", disk.name(), parent, e);
    }
  }

  /** Who is still waited for. */
  public Set<String> unready() {
    control.assertInLoop();
    return firstAnswers.unready();
  }

  /** Whether an operator may override values. */
  public boolean hasAdminLayer() {
    return layers.sources().stream().anyMatch(s -> s instanceof LayerSource.Admin);
  }

  /**
   * Overrides values in the admin layer; an empty one takes an override back.
   *
   * @throws ConfigException when there is no such layer, or it would hold too much
   */
  public void override(Map<String, String> changes) throws ConfigException {
    control.assertInLoop();
    if (!hasAdminLayer()) {
      throw new ConfigException("No admin layer specified");
    }
    if (overrides.size() + changes.size() > MAX_OVERRIDES) {
      stats.loadError.inc();
      throw new ConfigException("the admin layer holds at most " + MAX_OVERRIDES + " values");
    }
    changes.forEach(
        (key, value) -> {
          if (value.isEmpty()) {
            overrides.remove(key);
          } else {
            overrides.put(key, RuntimeValue.of(value));
          }
        });
    stats.adminOverridesActive.set(overrides.isEmpty() ? 0 : 1);
    load();
  }

  private void load() {
    List<RuntimeLayer> now = new ArrayList<>();
    int onDisk = 0;
    boolean failed = false;
    for (LayerSource source : layers.sources()) {
      if (source instanceof LayerSource.Disk disk) {
        try {
          RuntimeLayer layer = DiskFiles.read(disk.name(), disk.directory());
          if (layer != null) {
            onDisk++;
            now.add(layer);
          }
        } catch (IOException e) {
          failed = true;
          log.warn("runtime layer '{}' is left out: {}", disk.name(), e.toString());
        }
      } else {
        now.add(layer(source));
      }
    }
    (failed ? stats.loadError : stats.loadSuccess).inc();
    (onDisk > 1 ? stats.overrideDirExists : stats.overrideDirNotExists).inc();
    RuntimeSnapshot next = new RuntimeSnapshot(now);
    stats.layers.set(now.size());
    stats.keys.set(next.values().size());
    current = next;
  }

  private RuntimeLayer layer(LayerSource source) {
    if (source instanceof LayerSource.Static fixed) {
      return fixed.layer();
    }
    if (source instanceof LayerSource.Admin admin) {
      return new RuntimeLayer(admin.name(), new TreeMap<>(overrides));
    }
    @Nullable RtdsLayer known =
        source instanceof LayerSource.Rtds rtds ? subscribed.get(rtds) : null;
    return known == null ? RuntimeLayer.empty(source.name()) : known.layer();
  }

  /** Ends the subscriptions and the watches; what was loaded last stays in force. */
  @Override
  public void close() {
    control.assertInLoop();
    subscribed.values().forEach(RtdsLayer::close);
    watches.forEach(FileWatcher.Watch::close);
    watches.clear();
    files.close();
  }
}
