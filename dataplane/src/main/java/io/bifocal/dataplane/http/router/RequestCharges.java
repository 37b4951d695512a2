package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.route.RequestCounts;
import io.bifocal.dataplane.pool.CodeStats;
import io.bifocal.dataplane.pool.ResponseCodes;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.pool.ZoneCodes;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Sharded;
import io.bifocal.dataplane.stream.GrpcStatus;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What is counted of what becomes of a request: for its cluster, its hosts, its route and its
 * virtual cluster. Source: Envoy's {@code Filter::chargeUpstreamCode}, and who calls it.
 */
final class RequestCharges {
  private final UpstreamStats stats;
  private final RouterWorker here;
  private final DownstreamStream downstream;
  private final boolean call;
  // Null when nobody asks for them.
  private final RequestCounts.@Nullable OfWorker virtualCluster;
  private final RequestCounts.@Nullable OfWorker route;
  private @Nullable CodeStats alternative;
  // Where the answer came from; null when answers are not told apart by that.
  private @Nullable ResponseCodes zone;
  private boolean canary;
  // A call's answer is good or bad by its trailers.
  private @Nullable Host undecided;

  RequestCharges(
      UpstreamStats stats,
      RouterWorker here,
      DownstreamStream downstream,
      @Nullable RequestCounts virtualCluster,
      @Nullable RequestCounts route) {
    this.stats = stats;
    this.here = here;
    this.downstream = downstream;
    HttpHeaders headers = downstream.request().headers;
    this.call = GrpcStatus.isCall(headers);
    this.virtualCluster = virtualCluster == null ? null : virtualCluster.at(stats.shard);
    this.route = route == null ? null : route.at(stats.shard);
    String name = headers.get(EnvoyHeaders.UPSTREAM_ALT_STAT_NAME);
    if (name != null) {
      headers.remove(EnvoyHeaders.UPSTREAM_ALT_STAT_NAME);
      alternative = stats.alternative(name);
    }
  }

  /** A try has its connection. */
  void sent(Host host) {
    stats.rqTotal.inc();
    stats.rqActive.inc();
    at(host.stats().rqTotal()).inc();
    at(host.stats().rqActive()).inc();
    begun();
  }

  /** The same where its connection counts as a request itself. */
  void begun() {
    if (virtualCluster != null) {
      virtualCluster.total.inc();
    }
    if (route != null) {
      route.total.inc();
    }
  }

  /** It is over, however. */
  void left(Host host) {
    stats.rqActive.dec();
    at(host.stats().rqActive()).dec();
  }

  /** The client gets this answer of a host's. */
  void answered(int status, Host host, HttpHeaders answer, boolean end) {
    canary = TriedHosts.isCanary(host) || "true".equals(answer.get(EnvoyHeaders.UPSTREAM_CANARY));
    code(status, canary);
    zone = zone(status, host);
    if (status >= 500 && status < 600) {
      error(host);
    } else if (call && !end) {
      undecided = host;
    } else if (call) {
      succeeded(host, isGood(answer));
    } else {
      succeeded(host, true);
    }
  }

  private void succeeded(Host host, boolean good) {
    at(good ? host.stats().rqSuccess() : host.stats().rqError()).inc();
  }

  private static boolean isGood(@Nullable HttpHeaders last) {
    String status = last == null ? null : last.get(EnvoyHeaders.GRPC_STATUS);
    GrpcStatus told = status == null ? null : GrpcStatus.of(EnvoyHeaders.number(status));
    return told != null && told.toHttp() < 500;
  }

  /**
   * The answer is whole.
   *
   * @param trailers null when there are none
   * @param nanos since the request was whole; negative when it is not
   */
  void ended(@Nullable HttpHeaders trailers, long nanos) {
    Host host = undecided;
    if (host != null) {
      undecided = null;
      succeeded(host, isGood(trailers));
    }
    if (nanos >= 0 && isCounted()) {
      took(nanos / 1_000_000);
    }
  }

  private void took(long millis) {
    boolean within = isFromWithin();
    stats.codes().took(millis, within, canary);
    if (alternative != null) {
      alternative.took(millis, within, canary);
    }
    if (zone != null) {
      zone.took(millis);
    }
    if (virtualCluster != null) {
      virtualCluster.codes.took(millis);
    }
    if (route != null) {
      route.codes.took(millis);
    }
  }

  /** The answer broke off. */
  void brokenOff() {
    Host host = undecided;
    if (host != null) {
      undecided = null;
      error(host);
      here.stats().resetAfterResponseStarted().inc();
    }
  }

  /** It went to no host at all. */
  void notSent(int status) {
    code(status, false);
  }

  /**
   * A try came to nothing: whatever the status that stands for it, it is an error of the host's.
   */
  void lost(int status, Host host) {
    code(status, false);
    var unused = zone(status, host);
    error(host);
  }

  /** A try came to nothing, and another one follows. */
  void error(Host host) {
    at(host.stats().rqError()).inc();
  }

  /** A try's answer is not taken, since another one follows. */
  void retried(int status, Host host) {
    stats.retried.charge(status, isSilent());
    error(host);
  }

  /** A try took too long. */
  void timedOut(Host host) {
    at(host.stats().rqTimeout()).inc();
  }

  /** The whole took too long while a try was under way. */
  void allTimedOut(Host host) {
    stats.rqTimeout.inc();
    timedOut(host);
    if (virtualCluster != null) {
      virtualCluster.timeout.inc();
    }
    if (route != null) {
      route.timeout.inc();
    }
  }

  // ---- of retries

  void retryBegun() {
    stats.rqRetry.inc();
    if (virtualCluster != null) {
      virtualCluster.retry.inc();
    }
    if (route != null) {
      route.retry.inc();
    }
  }

  void retrySucceeded() {
    stats.rqRetrySuccess.inc();
    if (virtualCluster != null) {
      virtualCluster.retrySuccess.inc();
    }
    if (route != null) {
      route.retrySuccess.inc();
    }
  }

  void retryOverflowed() {
    stats.rqRetryOverflow.inc();
    if (virtualCluster != null) {
      virtualCluster.retryOverflow.inc();
    }
    if (route != null) {
      route.retryOverflow.inc();
    }
  }

  void retryLimitExceeded() {
    stats.rqRetryLimitExceeded.inc();
    if (virtualCluster != null) {
      virtualCluster.retryLimitExceeded.inc();
    }
    if (route != null) {
      route.retryLimitExceeded.inc();
    }
  }

  /**
   * The next try waits for its time.
   *
   * @param asked whether for the time that an answer asks for
   */
  void backsOff(boolean asked) {
    (asked ? stats.rqRetryBackOffRateLimited : stats.rqRetryBackOff).inc();
  }

  // ----

  private void code(int status, boolean ofCanary) {
    if (!isCounted()) {
      return;
    }
    boolean silent = isSilent();
    boolean within = isFromWithin();
    stats.codes().charge(status, within, ofCanary, silent);
    if (alternative != null) {
      alternative.charge(status, within, ofCanary, silent);
    }
    if (virtualCluster != null) {
      virtualCluster.codes.charge(status);
    }
    if (route != null) {
      route.codes.charge(status);
    }
  }

  private @Nullable ResponseCodes zone(int status, Host host) {
    ZoneCodes zones = stats.zones();
    if (zones == null || !isCounted() || host.locality().zone().isEmpty()) {
      return null;
    }
    ResponseCodes there = zones.of(host.locality().zone());
    there.charge(status, isSilent());
    return there;
  }

  private boolean isCounted() {
    return here.settings().dynamicStats() && !downstream.info().healthCheck;
  }

  private boolean isSilent() {
    return call && here.settings().suppressCallCodes();
  }

  private boolean isFromWithin() {
    return downstream.request().headers.contains(EnvoyHeaders.INTERNAL);
  }

  private Cell at(Sharded counter) {
    return counter.at(stats.shard);
  }
}
