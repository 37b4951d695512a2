package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Sharded;
import io.netty.handler.codec.http.HttpHeaders;

/** What is counted of what becomes of a request, for its cluster and for its hosts. */
final class RequestCharges {
  private final UpstreamStats stats;
  private final boolean byCode;
  private final RequestHead head;

  RequestCharges(UpstreamStats stats, RouterSettings settings, RequestHead head) {
    this.stats = stats;
    this.byCode = settings.dynamicStats();
    this.head = head;
  }

  /** The client gets this answer of a host's. */
  void answered(int status, Host host, HttpHeaders answer) {
    code(
        status,
        TriedHosts.isCanary(host) || "true".equals(answer.get(EnvoyHeaders.UPSTREAM_CANARY)));
    at(status >= 500 ? host.stats().rqError() : host.stats().rqSuccess()).inc();
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
    error(host);
  }

  /** A try came to nothing, and another one follows. */
  void error(Host host) {
    at(host.stats().rqError()).inc();
  }

  /** A try's answer is not taken, since another one follows. */
  void retried(int status, Host host) {
    stats.retried.charge(status);
    error(host);
  }

  /** A try took too long. */
  void timedOut(Host host) {
    at(host.stats().rqTimeout()).inc();
  }

  /** The answer is whole, so many nanoseconds after its request. */
  void took(long nanos) {
    if (byCode) {
      stats.rqTime.record(stats.shard, nanos / 1_000_000);
    }
  }

  private void code(int status, boolean ofCanary) {
    if (byCode) {
      stats.charge(status, head.headers.contains(EnvoyHeaders.INTERNAL), ofCanary);
    }
  }

  private Cell at(Sharded counter) {
    return counter.at(stats.shard);
  }
}
