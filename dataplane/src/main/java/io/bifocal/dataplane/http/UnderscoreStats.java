package io.bifocal.dataplane.http;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;

/** {@code http1.*}: what became of headers with an underscore in their names. */
final class UnderscoreStats {
  private final Cell rejected;
  private final Cell dropped;

  UnderscoreStats(Scope root, int shard) {
    Scope scope = root.scope("http1");
    rejected = scope.counter("requests_rejected_with_underscores_in_headers").at(shard);
    dropped = scope.counter("dropped_headers_with_underscores").at(shard);
  }

  void seen(boolean rejects, int headers) {
    if (rejects) {
      rejected.inc();
    } else {
      dropped.add(headers);
    }
  }
}
