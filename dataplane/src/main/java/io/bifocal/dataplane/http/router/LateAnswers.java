package io.bifocal.dataplane.http.router;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.TimeoutBudgets;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.stream.ResponseFlag;

/**
 * What becomes of a request, or of one of its tries, when an answer is not there in time. Source:
 * Envoy's {@code Filter::onResponseTimeout}, {@code onPerTryTimeoutCommon} and {@code
 * onStreamMaxDurationReached}.
 */
final class LateAnswers {
  private LateAnswers() {}

  /** The time for the whole request is over. */
  static void onRequestTimeout(RouterRequest router) {
    RequestTimeouts timeouts = router.timeouts;
    Tries tries = router.tries;
    boolean answering = tries.answering() != null;
    for (int i = 0; i < tries.size(); i++) {
      Host host = tries.get(i).host();
      router.charges.allTimedOut(host);
      if (!answering) {
        router.charges.lost(timeouts.status, host);
        tries.get(i).cutShort();
      }
    }
    tellBudget(router);
    if (answering) {
      router.cancel();
      router.downstream.reset(ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, "response_timeout");
    } else {
      router.fail(UpstreamErrors.timeout(timeouts.status, "response_timeout"));
    }
  }

  /** One try has taken too long; an answer that has begun may take its time. */
  static void onPerTryTimeout(RouterRequest router, UpstreamRequest attempt) {
    tooLong(router, attempt, stats(router).rqPerTryTimeout, "upstream_per_try_timeout");
  }

  /** Nothing has come of one for too long. */
  static void onPerTryIdleTimeout(RouterRequest router, UpstreamRequest attempt) {
    tooLong(router, attempt, stats(router).rqPerTryIdleTimeout, "upstream_per_try_idle_timeout");
  }

  private static void tooLong(
      RouterRequest router, UpstreamRequest attempt, Cell counter, String details) {
    if (router.timeouts.hedge) {
      router.hedge(attempt);
      return;
    }
    counter.inc();
    router.charges.timedOut(attempt.host());
    router.onLost(attempt, LostTry.timedOut(router.timeouts.status, details));
    if (router.isDone()) {
      tellBudget(router);
    }
  }

  /** One has lasted longer than its cluster lets it. */
  static void onMaxDuration(RouterRequest router, UpstreamRequest attempt) {
    stats(router).rqMaxDuration.inc();
    router.onLost(attempt, LostTry.maxDuration(router.body.ended()));
  }

  /** Tells those who ask how much of its time a request took. */
  static void tellBudget(RouterRequest router) {
    TimeoutBudgets budgets = stats(router).budgets();
    if (budgets != null) {
      long took = Math.max(0, router.relay.sinceEnd(router.loop.nanoTime()));
      budgets.used(took / 1_000_000, router.timeouts.whole);
    }
  }

  private static UpstreamStats stats(RouterRequest router) {
    return router.cluster.stats();
  }
}
