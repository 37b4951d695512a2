package io.bifocal.dataplane.overload;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.stats.Counter;
import io.bifocal.dataplane.stats.Gauge;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.overload.v3.LoadShedPoint;
import io.envoyproxy.envoy.config.overload.v3.Trigger;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the monitors in turns and sets the degrees. Confined to the control loop.
 *
 * <p>Source: {@code envoy.config.overload.v3.OverloadManager}; statistics under {@code overload.};
 * texts of errors as Envoy 1.40 has them.
 */
public final class OverloadManager {
  private static final Logger log = LoggerFactory.getLogger(OverloadManager.class);
  private static final Duration EVERY_SECOND = Duration.ofSeconds(1);

  private static final SupportedFields FIELDS =
      SupportedFields.of(io.envoyproxy.envoy.config.overload.v3.OverloadManager.getDescriptor())
          .supports(
              "refresh_interval",
              "resource_monitors",
              "actions",
              "loadshed_points",
              "buffer_factory_config");

  private final Duration interval;
  private final List<Resource> resources = new ArrayList<>();
  private final List<Action> actions = new ArrayList<>();
  private final Overload overload;
  private final List<String> warnings;
  private @Nullable Runnable onChange;
  private @Nullable Loop control;
  private Loop.@Nullable Timer timer;

  private static final class Resource {
    final String name;
    // Null for the connections of all listeners, which are counted as they come.
    final @Nullable ResourceMonitor monitor;
    final Gauge pressure;
    final Counter failed;
    double last;

    Resource(String name, @Nullable ResourceMonitor monitor, Scope scope) {
      this.name = name;
      this.monitor = monitor;
      Scope own = scope.scope(name);
      this.pressure = own.gauge("pressure");
      this.failed = own.counter("failed_updates");
      own.counter("skipped_updates");
    }
  }

  private record Action(
      Degree degree, List<OverloadTrigger> triggers, Gauge scale, @Nullable Gauge active) {}

  private OverloadManager(io.envoyproxy.envoy.config.overload.v3.OverloadManager config, Scope root)
      throws ConfigException {
    this.warnings = new ArrayList<>(FIELDS.check(config, "overload_manager"));
    this.interval =
        config.hasRefreshInterval() ? JavaDuration.of(config.getRefreshInterval()) : EVERY_SECOND;
    Scope scope = root.scope("overload");
    long limit = -1;
    Map<String, Boolean> known = new HashMap<>();
    for (var monitor : config.getResourceMonitorsList()) {
      if (known.put(monitor.getName(), true) != null) {
        throw new ConfigException("Duplicate resource monitor " + monitor.getName());
      }
      boolean connections = Monitors.watchesConnections(monitor);
      if (connections) {
        limit = Monitors.connectionLimit(monitor);
      }
      resources.add(
          new Resource(monitor.getName(), connections ? null : Monitors.of(monitor), scope));
    }
    Map<OverloadAction, Degree> degrees = new EnumMap<>(OverloadAction.class);
    ReducedTimeouts reduced = null;
    HeavyStreams streams = null;
    for (var action : config.getActionsList()) {
      OverloadAction wanted = known(action);
      Degree degree = add(wanted, action.getTriggersList(), degrees, scope);
      if (wanted == OverloadAction.REDUCE_TIMEOUTS) {
        reduced = ReducedTimeouts.of(action.getTypedConfig(), degree);
      } else if (wanted == OverloadAction.RESET_HIGH_MEMORY_STREAM) {
        streams = streams(config, degree, root);
      }
    }
    for (LoadShedPoint point : config.getLoadshedPointsList()) {
      OverloadAction found = OverloadAction.find(point.getName(), true);
      if (found == null) {
        // As by Envoy, where a point that nobody asks about is taken as well.
        warnings.add("overload_manager: nothing is shed at " + point.getName());
      } else {
        add(found, point.getTriggersList(), degrees, scope);
      }
    }
    this.overload = new Overload(degrees, reduced, streams, limit);
  }

  /**
   * Reads a configuration.
   *
   * @throws ConfigException in Envoy's words, or for an action that is not taken here
   */
  public static OverloadManager of(
      io.envoyproxy.envoy.config.overload.v3.OverloadManager config, Scope root)
      throws ConfigException {
    return new OverloadManager(config, root);
  }

  /** What was accepted although it is not obeyed. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  private OverloadAction known(io.envoyproxy.envoy.config.overload.v3.OverloadAction config)
      throws ConfigException {
    String name = config.getName();
    OverloadAction action = OverloadAction.find(name, false);
    if (action == null) {
      throw new ConfigException("Unknown Overload Manager Action " + name);
    }
    if (config.hasTypedConfig() && action != OverloadAction.REDUCE_TIMEOUTS) {
      throw new ConfigException(
          "Overload action name \"%s\" conflicts with its typed config".formatted(name));
    }
    if (action == OverloadAction.SHRINK_HEAP) {
      warnings.add("overload_manager: " + name + " does nothing: the JVM's collector decides");
    }
    return action;
  }

  private static HeavyStreams streams(
      io.envoyproxy.envoy.config.overload.v3.OverloadManager config, Degree degree, Scope root)
      throws ConfigException {
    String name = OverloadAction.RESET_HIGH_MEMORY_STREAM.text();
    if (!config.hasBufferFactoryConfig()) {
      throw new ConfigException(
          "Overload action \"%s\" requires buffer_factory_config.".formatted(name));
    }
    return new HeavyStreams(
        config.getBufferFactoryConfig().getMinimumAccountToTrackPowerOfTwo(),
        degree,
        root.scope(name).counter("count"));
  }

  private Degree add(
      OverloadAction action,
      List<Trigger> triggers,
      Map<OverloadAction, Degree> degrees,
      Scope scope)
      throws ConfigException {
    Degree degree = new Degree();
    if (degrees.put(action, degree) != null) {
      throw new ConfigException("Duplicate overload action " + action.text());
    }
    Map<String, OverloadTrigger> read = new LinkedHashMap<>();
    for (Trigger trigger : triggers) {
      if (resources.stream().noneMatch(resource -> resource.name.equals(trigger.getName()))) {
        throw new ConfigException(
            "Unknown trigger resource %s for overload action %s"
                .formatted(trigger.getName(), action.text()));
      }
      if (read.put(trigger.getName(), OverloadTrigger.of(trigger)) != null) {
        throw new ConfigException(
            "Duplicate trigger resource for overload action " + action.text());
      }
    }
    Scope own = scope.scope(action.text());
    actions.add(
        new Action(
            degree,
            List.copyOf(read.values()),
            own.gauge("scale_percent"),
            action.isLoadShedPoint() ? null : own.gauge("active")));
    return degree;
  }

  /** For those who serve. */
  public Overload overload() {
    return overload;
  }

  /**
   * Begins.
   *
   * @param loop the control loop
   * @param changed runs each time when the degrees have been set
   */
  public void start(Loop loop, Runnable changed) {
    loop.assertInLoop();
    control = loop;
    onChange = changed;
    if (!resources.isEmpty()) {
      refresh();
    }
  }

  private void refresh() {
    resources.forEach(this::ask);
    for (Action action : actions) {
      double degree = 0;
      for (OverloadTrigger trigger : action.triggers) {
        degree = Math.max(degree, trigger.degree(pressure(trigger.resource())));
      }
      action.degree.set(degree);
      action.scale.set((long) (degree * 100));
      if (action.active != null) {
        action.active.set(degree >= 1 ? 1 : 0);
      }
    }
    if (overload.timeouts() != null) {
      overload.timeouts().look();
    }
    if (overload.streams() != null) {
      overload.streams().look();
    }
    Objects.requireNonNull(onChange).run();
    timer = Objects.requireNonNull(control).schedule(interval, this::refresh);
  }

  private double pressure(String name) {
    for (Resource resource : resources) {
      if (resource.name.equals(name)) {
        return resource.last;
      }
    }
    return 0;
  }

  private void ask(Resource resource) {
    if (resource.monitor == null) {
      long limit = Math.max(1, overload.connectionLimit());
      resource.last = (double) overload.connections().get() / limit;
      long refused = overload.refusedConnections();
      resource.failed.add(refused - resource.failed.value());
    } else {
      try {
        resource.last = resource.monitor.pressure();
      } catch (IOException e) {
        resource.failed.inc();
        log.debug("overload_manager: {} cannot be asked", resource.name, e);
      }
    }
    resource.pressure.set((long) (resource.last * 100));
  }

  /** Ends; the degrees stay as they are. */
  public void close() {
    if (timer != null) {
      timer.cancel();
    }
  }
}
