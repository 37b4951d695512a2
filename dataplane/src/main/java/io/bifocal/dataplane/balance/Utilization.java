package io.bifocal.dataplane.balance;

import com.github.xds.data.orca.v3.OrcaLoadReport;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How busy a host is by its report: 1 for as busy as it should be. */
final class Utilization {
  private Utilization() {}

  /**
   * The first that is above 0: the most of the named metrics, what the application says, what its
   * processors say.
   *
   * @param names fields of the report, and keys in its maps as {@code map.key}
   */
  static double of(OrcaLoadReport report, List<String> names) {
    double most = 0;
    for (String name : names) {
      most = Math.max(most, value(report, name));
    }
    if (most > 0) {
      return most;
    }
    return report.getApplicationUtilization() > 0
        ? report.getApplicationUtilization()
        : report.getCpuUtilization();
  }

  private static double value(OrcaLoadReport report, String name) {
    return switch (name) {
      case "cpu_utilization" -> report.getCpuUtilization();
      case "mem_utilization" -> report.getMemUtilization();
      case "application_utilization" -> report.getApplicationUtilization();
      case "eps" -> report.getEps();
      case "rps_fractional" -> report.getRpsFractional();
      default -> mapped(report, name);
    };
  }

  private static double mapped(OrcaLoadReport report, String name) {
    int dot = name.indexOf('.');
    if (dot < 0) {
      return 0;
    }
    Map<String, Double> map = map(report, name.substring(0, dot));
    return map == null ? 0 : map.getOrDefault(name.substring(dot + 1), 0.0);
  }

  private static @Nullable Map<String, Double> map(OrcaLoadReport report, String field) {
    return switch (field) {
      case "named_metrics" -> report.getNamedMetricsMap();
      case "utilization" -> report.getUtilizationMap();
      case "request_cost" -> report.getRequestCostMap();
      default -> null;
    };
  }
}
