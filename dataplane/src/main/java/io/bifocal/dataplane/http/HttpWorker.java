package io.bifocal.dataplane.http;

import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.http.codec.Http2ServerStats;
import io.bifocal.dataplane.http.router.RouterWorker;
import io.bifocal.dataplane.overload.WorkerStreams;
import io.bifocal.dataplane.overload.WorkerTimeouts;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.worker.Worker;
import org.jspecify.annotations.Nullable;

/** What the connections of one manager share on one worker. Confined to the worker's loop. */
final class HttpWorker {
  final Worker worker;
  final WorkerClusters clusters;
  final HttpStats stats;
  final Http2ServerStats http2;
  final UnderscoreStats underscores;
  final RouterWorker router;
  final RuntimeReader runtime;
  // Null where nothing is reduced.
  final @Nullable WorkerTimeouts timeouts;
  // Null where none is ever reset.
  final @Nullable WorkerStreams streams;
  final DateHeader date = new DateHeader();

  HttpWorker(
      Worker worker,
      WorkerClusters clusters,
      HttpStats stats,
      Http2ServerStats http2,
      UnderscoreStats underscores,
      RouterWorker router,
      RuntimeReader runtime,
      @Nullable WorkerTimeouts timeouts,
      @Nullable WorkerStreams streams) {
    this.worker = worker;
    this.clusters = clusters;
    this.stats = stats;
    this.http2 = http2;
    this.underscores = underscores;
    this.router = router;
    this.runtime = runtime;
    this.timeouts = timeouts;
    this.streams = streams;
  }
}
