package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stats.Histogram;
import io.bifocal.dataplane.stats.Scope;
import org.jspecify.annotations.Nullable;

/**
 * One worker's counts of answers: {@code upstream_rq_completed}, {@code _2xx}, {@code _200}. Each
 * is made when it is first needed, as Envoy's are.
 */
public final class ResponseCodes {
  private static final int CODES = 600;

  private final Scope scope;
  private final int shard;
  private @Nullable Cell @Nullable [] byCode;
  private final @Nullable Cell[] byClass = new Cell[6];
  private @Nullable Cell completed;
  private @Nullable Histogram time;

  public ResponseCodes(Scope scope, int shard) {
    this.scope = scope;
    this.shard = shard;
  }

  /** Counts one answer. */
  public void charge(int code) {
    charge(code, false);
  }

  /**
   * Counts one answer.
   *
   * @param silent whether by its being there alone
   */
  public void charge(int code, boolean silent) {
    Cell all = completed;
    if (all == null) {
      all = scope.counter("upstream_rq_completed").at(shard);
      completed = all;
    }
    all.inc();
    if (silent || code < 100 || code >= CODES) {
      return;
    }
    int kind = code / 100;
    Cell group = byClass[kind];
    if (group == null) {
      group = scope.counter("upstream_rq_" + kind + "xx").at(shard);
      byClass[kind] = group;
    }
    group.inc();
    @Nullable Cell[] known = byCode;
    if (known == null) {
      known = new Cell[CODES];
      byCode = known;
    }
    Cell one = known[code];
    if (one == null) {
      one = scope.counter("upstream_rq_" + code).at(shard);
      known[code] = one;
    }
    one.inc();
  }

  /** Records how long an answer took. */
  public void took(long millis) {
    Histogram all = time;
    if (all == null) {
      all = scope.histogram("upstream_rq_time", Histogram.Unit.MILLISECONDS);
      time = all;
    }
    all.record(shard, millis);
  }
}
