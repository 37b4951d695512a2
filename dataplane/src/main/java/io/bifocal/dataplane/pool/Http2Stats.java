package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;

/**
 * One worker's cells of what a cluster's HTTP/2 connections do ({@code cluster.<name>.http2.*}).
 * Source: Envoy's {@code CodecStats}; those of its counters that nothing here can move are left
 * out.
 */
public final class Http2Stats {
  public final Cell streamsActive;
  public final Cell pendingSendBytes;
  public final Cell rxReset;
  public final Cell txReset;
  public final Cell rxMessagingError;
  public final Cell headerOverflow;
  public final Cell keepaliveTimeout;
  public final Cell outboundControlFlood;
  public final Cell inboundEmptyFramesFlood;

  public Http2Stats(Scope scope, int shard) {
    streamsActive = scope.gauge("streams_active").at(shard);
    pendingSendBytes = scope.gauge("pending_send_bytes").at(shard);
    rxReset = scope.counter("rx_reset").at(shard);
    txReset = scope.counter("tx_reset").at(shard);
    rxMessagingError = scope.counter("rx_messaging_error").at(shard);
    headerOverflow = scope.counter("header_overflow").at(shard);
    keepaliveTimeout = scope.counter("keepalive_timeout").at(shard);
    outboundControlFlood = scope.counter("outbound_control_flood").at(shard);
    inboundEmptyFramesFlood = scope.counter("inbound_empty_frames_flood").at(shard);
  }
}
