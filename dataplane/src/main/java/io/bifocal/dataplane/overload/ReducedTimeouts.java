package io.bifocal.dataplane.overload;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.Unpack;
import io.bifocal.dataplane.worker.Worker;
import io.envoyproxy.envoy.config.overload.v3.ScaleTimersOverloadActionConfig;
import io.envoyproxy.envoy.config.overload.v3.ScaleTimersOverloadActionConfig.ScaleTimer;
import io.envoyproxy.envoy.config.overload.v3.ScaleTimersOverloadActionConfig.TimerType;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Timeouts that get shorter as resources run short, those that run already too. Any thread may use
 * it.
 *
 * <p>Source: {@code envoy.overload_actions.reduce_timeouts}.
 */
public final class ReducedTimeouts {
  private final Degree degree;
  private final Map<TimerType, Least> least;
  private final Map<Worker, WorkerTimeouts> workers = new ConcurrentHashMap<>();
  private int told;

  /** What is left of a timeout when resources are as short as can be: so much, or such a share. */
  private record Least(long nanos, double share) {
    static Least of(ScaleTimer config) {
      return config.hasMinTimeout()
          ? new Least(JavaDuration.of(config.getMinTimeout()).toNanos(), 0)
          : new Least(0, config.getMinScale().getValue() / 100);
    }

    long of(long whole) {
      return Math.min(whole, nanos + (long) (share * whole));
    }
  }

  private ReducedTimeouts(Degree degree, Map<TimerType, Least> least) {
    this.degree = degree;
    this.least = least;
  }

  /**
   * Reads the action's configuration.
   *
   * @throws ConfigException in Envoy's words
   */
  static ReducedTimeouts of(Any config, Degree degree) throws ConfigException {
    String wanted = ScaleTimersOverloadActionConfig.getDescriptor().getFullName();
    String type = MessageTypes.nameOf(config.getTypeUrl());
    if (type.isEmpty()) {
      throw new ConfigException(
          "Overload action \"%s\" requires typed_config"
              .formatted(OverloadAction.REDUCE_TIMEOUTS.text()));
    }
    if (!type.equals(wanted)) {
      throw new ConfigException(
          "typed_config resolves to %s instead of %s".formatted(type, wanted));
    }
    Map<TimerType, Least> least = new EnumMap<>(TimerType.class);
    for (ScaleTimer timer :
        Unpack.as(ScaleTimersOverloadActionConfig.getDefaultInstance(), config)
            .getTimerScaleFactorsList()) {
      if (least.put(timer.getTimer(), Least.of(timer)) != null) {
        throw new ConfigException("Found duplicate entry for timer type " + timer.getTimer());
      }
    }
    return new ReducedTimeouts(degree, least);
  }

  /** Those of a worker; confined to its loop. */
  public WorkerTimeouts on(Worker worker) {
    return workers.computeIfAbsent(worker, w -> new WorkerTimeouts(w.loop(), this));
  }

  /** What a timeout comes to as things are, of so many nanoseconds. */
  long reduced(TimerType which, long whole) {
    Least floor = least.get(which);
    if (floor == null) {
      return whole;
    }
    long rest = floor.of(whole);
    return rest + (long) ((whole - rest) * (1 - degree.value()));
  }

  /**
   * The degree may be another one now; on the control loop. Those that run hear of steps of a
   * twentieth, as it changes a little all the time.
   */
  void look() {
    int now = step(degree.value());
    if (now != told) {
      told = now;
      workers.values().forEach(WorkerTimeouts::changed);
    }
  }

  // Nothing at all and all that can be are steps of their own.
  private static int step(double degree) {
    return degree == 0 ? 0 : 1 + (int) (degree * 20);
  }
}
