package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;

/** One worker's cells of {@code tcp.<stat_prefix>.*}. */
final class TcpStats {
  final Cell total;
  final Cell active;
  final Cell noRoute;
  final Cell rxBytes;
  final Cell txBytes;
  final Cell rxPaused;
  final Cell rxResumed;
  final Cell idleTimeout;
  final Cell maxDuration;
  final Cell flushTotal;
  final Cell flushActive;

  TcpStats(Scope scope, int shard) {
    total = scope.counter("downstream_cx_total").at(shard);
    active = scope.gauge("downstream_cx_active").at(shard);
    noRoute = scope.counter("downstream_cx_no_route").at(shard);
    rxBytes = scope.counter("downstream_cx_rx_bytes_total").at(shard);
    txBytes = scope.counter("downstream_cx_tx_bytes_total").at(shard);
    rxPaused = scope.counter("downstream_flow_control_paused_reading_total").at(shard);
    rxResumed = scope.counter("downstream_flow_control_resumed_reading_total").at(shard);
    idleTimeout = scope.counter("idle_timeout").at(shard);
    flushTotal = scope.counter("upstream_flush_total").at(shard);
    flushActive = scope.gauge("upstream_flush_active").at(shard);
    maxDuration = scope.counter("max_downstream_connection_duration").at(shard);
  }
}
