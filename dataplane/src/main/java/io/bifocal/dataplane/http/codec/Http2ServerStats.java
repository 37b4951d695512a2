package io.bifocal.dataplane.http.codec;

import io.bifocal.dataplane.pool.Http2Stats;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Scope;

/** One worker's cells of what its clients' connections of HTTP/2 do ({@code http2.*}). */
public final class Http2ServerStats {
  final Http2Stats common;
  final Cell outboundFlood;
  final Cell priorityFramesFlood;
  final Cell windowUpdateFramesFlood;
  final Cell goAwaySent;

  public Http2ServerStats(Scope scope, int shard) {
    common = new Http2Stats(scope, shard);
    outboundFlood = scope.counter("outbound_flood").at(shard);
    priorityFramesFlood = scope.counter("inbound_priority_frames_flood").at(shard);
    windowUpdateFramesFlood = scope.counter("inbound_window_update_frames_flood").at(shard);
    goAwaySent = scope.counter("goaway_sent").at(shard);
  }
}
