package io.bifocal.dataplane.cluster;

import io.bifocal.api.JavaDuration;
import io.bifocal.dataplane.balance.RuntimeDouble;
import io.bifocal.dataplane.balance.SlowStart;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig;
import io.envoyproxy.envoy.type.v3.Percent;
import org.jspecify.annotations.Nullable;

/** How new hosts come to their share, from either of its two messages. */
final class SlowStarts {
  private static final double LEAST_PERCENT = 10;

  private SlowStarts() {}

  static @Nullable SlowStart of(
      boolean set, Cluster.SlowStartConfig config, RuntimeReader runtime) {
    return set
        ? of(
            SlowStartConfig.newBuilder()
                .setSlowStartWindow(config.getSlowStartWindow())
                .setAggression(config.getAggression())
                .build(),
            config.hasAggression(),
            config.hasMinWeightPercent(),
            config.getMinWeightPercent(),
            runtime)
        : null;
  }

  static @Nullable SlowStart of(boolean set, SlowStartConfig config, RuntimeReader runtime) {
    return set
        ? of(
            config,
            config.hasAggression(),
            config.hasMinWeightPercent(),
            config.getMinWeightPercent(),
            runtime)
        : null;
  }

  private static @Nullable SlowStart of(
      SlowStartConfig config,
      boolean aggressive,
      boolean hasLeast,
      Percent least,
      RuntimeReader runtime) {
    var window = JavaDuration.of(config.getSlowStartWindow());
    return window.isZero()
        ? null
        : new SlowStart(
            window,
            number(aggressive, config.getAggression(), runtime),
            (hasLeast ? least.getValue() : LEAST_PERCENT) / 100);
  }

  /** A number that is 1 where nothing is said. */
  static RuntimeDouble number(
      boolean set, io.envoyproxy.envoy.config.core.v3.RuntimeDouble config, RuntimeReader runtime) {
    return set
        ? new RuntimeDouble(runtime, config.getRuntimeKey(), config.getDefaultValue())
        : RuntimeDouble.fixed(1);
  }
}
