package io.bifocal.dataplane.overload;

import com.google.protobuf.Any;
import com.sun.management.OperatingSystemMXBean;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.config.overload.v3.ResourceMonitor;
import io.envoyproxy.envoy.extensions.resource_monitors.cpu_utilization.v3.CpuUtilizationConfig;
import io.envoyproxy.envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig;
import io.envoyproxy.envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig;
import io.envoyproxy.envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kinds of monitors. */
final class Monitors {
  static final String CONNECTIONS = "envoy.resource_monitors.global_downstream_max_connections";

  private static final SupportedFields CPU =
      SupportedFields.of(CpuUtilizationConfig.getDescriptor()).supports("mode");

  private Monitors() {}

  /** Whether it watches the connections of all listeners, and refuses those that are too many. */
  static boolean watchesConnections(ResourceMonitor config) {
    return config.getName().equals(CONNECTIONS)
        && isA(config, DownstreamConnectionsConfig.getDescriptor().getFullName());
  }

  static long connectionLimit(ResourceMonitor config) throws ConfigException {
    return Unpack.as(DownstreamConnectionsConfig.getDefaultInstance(), config.getTypedConfig())
        .getMaxActiveDownstreamConnections();
  }

  /**
   * Makes one.
   *
   * @throws ConfigException in Envoy's words
   */
  static io.bifocal.dataplane.overload.ResourceMonitor of(ResourceMonitor config)
      throws ConfigException {
    Any typed = config.getTypedConfig();
    if (isA(config, InjectedResourceConfig.getDescriptor().getFullName())) {
      return injected(Unpack.as(InjectedResourceConfig.getDefaultInstance(), typed).getFilename());
    }
    if (isA(config, FixedHeapConfig.getDescriptor().getFullName())) {
      return heap(Unpack.as(FixedHeapConfig.getDefaultInstance(), typed).getMaxHeapSizeBytes());
    }
    if (isA(config, CpuUtilizationConfig.getDescriptor().getFullName())) {
      return processors(Unpack.as(CpuUtilizationConfig.getDefaultInstance(), typed));
    }
    throw Extensions.unregistered(config.getName(), typed);
  }

  private static boolean isA(ResourceMonitor config, String type) {
    return MessageTypes.nameOf(config.getTypedConfig().getTypeUrl()).equals(type);
  }

  /** A number in a file, for tests. */
  private static io.bifocal.dataplane.overload.ResourceMonitor injected(String filename)
      throws ConfigException {
    Path file = Path.of(filename);
    if (!Files.exists(file.toAbsolutePath().getParent())) {
      throw new ConfigException(
          "unable to add filesystem watch for file %s: No such file or directory"
              .formatted(filename));
    }
    return () -> {
      String text = Files.readString(file).strip();
      try {
        double pressure = Double.parseDouble(text);
        if (pressure >= 0 && pressure <= 1) {
          return pressure;
        }
      } catch (NumberFormatException e) {
        throw new IOException("not a number: " + text, e);
      }
      throw new IOException("not between 0 and 1: " + text);
    };
  }

  /** Heap that is used, garbage included, and buffers outside it. */
  private static io.bifocal.dataplane.overload.ResourceMonitor heap(long max)
      throws ConfigException {
    if (max == 0) {
      throw new ConfigException("fixed_heap: max heap size must be greater than 0");
    }
    Runtime runtime = Runtime.getRuntime();
    return () -> {
      long direct = Math.max(0, PlatformDependent.usedDirectMemory());
      return (double) (runtime.totalMemory() - runtime.freeMemory() + direct) / max;
    };
  }

  /** The machine's processors, or those of the container that the JVM sees. */
  private static io.bifocal.dataplane.overload.ResourceMonitor processors(
      CpuUtilizationConfig config) throws ConfigException {
    CPU.check(config, "cpu_utilization");
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return new io.bifocal.dataplane.overload.ResourceMonitor() {
      private static final double WEIGHT = 0.05;
      private double smoothed;

      @Override
      public double pressure() {
        double now = Math.max(0, system.getCpuLoad());
        smoothed += WEIGHT * (now - smoothed);
        return smoothed;
      }
    };
  }
}
