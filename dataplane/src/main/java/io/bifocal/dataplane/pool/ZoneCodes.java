package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.stats.Scope;
import java.util.HashMap;
import java.util.Map;

/**
 * One worker's counts of answers by where they come from: {@code zone.<own zone>.<host's
 * zone>.upstream_rq_*}.
 */
public final class ZoneCodes {
  private final Scope from;
  private final int shard;
  private final Map<String, ResponseCodes> byZone = new HashMap<>();

  ZoneCodes(Scope cluster, int shard, String own) {
    this.from = cluster.scope("zone").scope(own);
    this.shard = shard;
  }

  /** Those of a host's zone, which is not empty. */
  public ResponseCodes of(String zone) {
    ResponseCodes known = byZone.get(zone);
    if (known == null) {
      known = new ResponseCodes(from.scope(zone), shard);
      byZone.put(zone, known);
    }
    return known;
  }
}
