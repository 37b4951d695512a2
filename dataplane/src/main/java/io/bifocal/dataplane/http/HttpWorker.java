package io.bifocal.dataplane.http;

import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.worker.Worker;

/** What the connections of one manager share on one worker. Confined to the worker's loop. */
final class HttpWorker {
  final Worker worker;
  final WorkerClusters clusters;
  final HttpStats stats;
  final DateHeader date = new DateHeader();

  HttpWorker(Worker worker, WorkerClusters clusters, HttpStats stats) {
    this.worker = worker;
    this.clusters = clusters;
    this.stats = stats;
  }
}
