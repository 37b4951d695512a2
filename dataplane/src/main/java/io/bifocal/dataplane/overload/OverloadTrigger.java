package io.bifocal.dataplane.overload;

import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.overload.v3.Trigger;

/**
 * Turns a resource's pressure into a degree of an action: none up to {@code from}, the whole from
 * {@code to} on, and a share between them.
 */
record OverloadTrigger(String resource, double from, double to) {
  static OverloadTrigger of(Trigger config) throws ConfigException {
    if (config.hasThreshold()) {
      double at = config.getThreshold().getValue();
      return new OverloadTrigger(config.getName(), at, at);
    }
    double from = config.getScaled().getScalingThreshold();
    double to = config.getScaled().getSaturationThreshold();
    if (from >= to) {
      throw new ConfigException("scaling_threshold must be less than saturation_threshold");
    }
    return new OverloadTrigger(config.getName(), from, to);
  }

  double degree(double pressure) {
    if (pressure >= to) {
      return 1;
    }
    return pressure <= from ? 0 : (pressure - from) / (to - from);
  }
}
