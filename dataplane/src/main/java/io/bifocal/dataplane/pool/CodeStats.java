package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.stats.Scope;

/**
 * What one worker counts of answers by their codes, and apart for requests from within and from
 * outside and for canaries. Source: Envoy's {@code CodeStatsImpl}.
 */
public final class CodeStats {
  private final ResponseCodes all;
  private final ResponseCodes external;
  private final ResponseCodes internal;
  private final ResponseCodes canary;

  CodeStats(Scope scope, int shard) {
    this.all = new ResponseCodes(scope, shard);
    this.external = new ResponseCodes(scope.scope("external"), shard);
    this.internal = new ResponseCodes(scope.scope("internal"), shard);
    this.canary = new ResponseCodes(scope.scope("canary"), shard);
  }

  /**
   * Counts an answer, by its class and its code.
   *
   * @param fromWithin whether the request came from within
   * @param ofCanary whether the answer came from a canary
   * @param silent whether class and code are left out, where it is counted together
   */
  public void charge(int code, boolean fromWithin, boolean ofCanary, boolean silent) {
    all.charge(code, silent);
    (fromWithin ? internal : external).charge(code);
    if (ofCanary) {
      canary.charge(code);
    }
  }

  /** Records how long an answer took. */
  public void took(long millis, boolean fromWithin, boolean ofCanary) {
    all.took(millis);
    (fromWithin ? internal : external).took(millis);
    if (ofCanary) {
      canary.took(millis);
    }
  }
}
