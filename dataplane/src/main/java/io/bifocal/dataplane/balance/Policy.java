package io.bifocal.dataplane.balance;

import com.github.xds.data.orca.v3.OrcaLoadReport;
import io.bifocal.dataplane.host.HostState;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** By what a host is chosen among those of one priority. */
public sealed interface Policy
    permits Policy.InTurn, Policy.LeastBusy, Policy.AnyHost, Policy.ByReports, ConsistentHash {
  /**
   * {@code ROUND_ROBIN}.
   *
   * @param slowStart how new hosts come to their share; null for at once
   */
  record InTurn(@Nullable SlowStart slowStart) implements Policy {
    public static final InTurn DEFAULT = new InTurn(null);
  }

  /**
   * {@code LEAST_REQUEST}.
   *
   * @param choices how many hosts are compared ({@code choice_count})
   * @param bias the power of requests in flight by which a weight is divided; what is below 0
   *     counts as 1
   * @param fullScan whether all hosts are compared
   * @param slowStart how new hosts come to their share; null for at once
   */
  record LeastBusy(int choices, RuntimeDouble bias, boolean fullScan, @Nullable SlowStart slowStart)
      implements Policy {
    public static final LeastBusy DEFAULT = of(2);

    public static LeastBusy of(int choices) {
      return new LeastBusy(choices, RuntimeDouble.fixed(1), false, null);
    }
  }

  /**
   * In turn, by what hosts say of their load. Source: {@code ClientSideWeightedRoundRobin}.
   *
   * @param blackout a host must have reported for so long before it counts
   * @param expiration what is older than that does not count
   * @param update how often weights are worked out
   * @param errorPenalty by how much errors count as utilization
   * @param metrics that tell of utilization before all others
   */
  record ByReports(
      Duration blackout,
      Duration expiration,
      Duration update,
      double errorPenalty,
      List<String> metrics)
      implements Policy {
    public ByReports {
      metrics = List.copyOf(metrics);
    }

    /** A host reported, at a time of the worker's clock; it may say nothing that counts. */
    public void take(OrcaLoadReport report, HostState host, long nanoTime) {
      double weight = weight(report);
      if (weight > 0) {
        host.report(weight, nanoTime, expiration.toNanos());
      }
    }

    // 0 for no weight.
    double weight(OrcaLoadReport report) {
      double rate = report.getRpsFractional();
      if (!(rate > 0)) {
        return 0;
      }
      double utilization = Utilization.of(report, metrics) + errorPenalty * report.getEps() / rate;
      return utilization > 0 && rate / utilization < Double.POSITIVE_INFINITY
          ? rate / utilization
          : 0;
    }
  }

  /** {@code RANDOM}. */
  record AnyHost() implements Policy {}
}
