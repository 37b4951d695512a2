package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

import io.bifocal.dataplane.http.route.RetryPolicy;
import io.bifocal.dataplane.http.route.RetryPolicy.Condition;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.runtime.Fraction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.xds.time.Loop;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The tries that a request has left after its first, and the wait before the next one. A retry
 * holds a place among the cluster's retries from its decision until what became of it is known.
 * Source: Envoy's {@code RetryStateImpl}.
 */
final class RetryState {
  /** Of the retries that there could be, those that there are; of a hundred. */
  private static final String USE_RETRY = "upstream.use_retry";

  /** Where the back-off begins, unless a policy says it. */
  private static final String BASE_MILLIS = "upstream.base_retry_backoff_ms";

  private static final long MOST_MILLIS = 60_000;
  private static final Fraction ALL = new Fraction(100, 100);

  /** Whether there is another try, and if not, why. */
  enum Verdict {
    /** None is wanted. */
    NO,
    YES,
    /** The circuit breaker does not let it. */
    OVERFLOW,
    /** There have been as many as there may be. */
    LIMIT_EXCEEDED
  }

  /** What lies between a loss and the next try. */
  private enum Wait {
    /** Nothing: it goes another way. */
    NONE,
    BACK_OFF
  }

  /** Who tries again when it is time. */
  interface Owner {
    void onRetry(boolean afterTimeout);
  }

  private final Owner owner;
  private final RetryConditions conditions;
  private final RequestCharges charges;
  private final CircuitBreakers.Limit places;
  private final Loop loop;
  private final RuntimeReader runtime;
  private final RetryPolicy.@Nullable RateLimitedBackOff rateLimited;
  // Null as long as it is not known.
  private RetryPolicy.@Nullable BackOff usual;
  private long left;
  private int waits;
  private Loop.@Nullable Timer backOff;
  private boolean holdsPlace;

  RetryState(
      RetryConditions conditions,
      @Nullable RetryPolicy policy,
      RequestCharges charges,
      CircuitBreakers.Limit places,
      Loop loop,
      RuntimeReader runtime,
      Owner owner) {
    this.owner = owner;
    this.conditions = conditions;
    this.charges = charges;
    this.places = places;
    this.loop = loop;
    this.left = conditions.retries();
    this.runtime = runtime;
    this.usual = policy == null ? null : policy.backOff();
    this.rateLimited = policy == null ? null : policy.rateLimited();
  }

  /** An answer has begun. */
  Verdict onHead(int status, HttpHeaders headers) {
    if (!conditions.onHead(status, headers)) {
      return succeeded();
    }
    long asked = rateLimited == null ? 0 : askedWait(rateLimited, headers);
    return decide(Wait.BACK_OFF, asked, false);
  }

  /** Whether an answer is such that another try is wanted. */
  boolean wants(int status, HttpHeaders headers) {
    return conditions.onHead(status, headers);
  }

  /**
   * A try has ended without an answer.
   *
   * @param started whether anything of the request has been sent
   */
  Verdict onLoss(LostTry lost, boolean started) {
    if (avoidsHttp3(lost)) {
      return decide(Wait.NONE, 0, false);
    }
    return conditions.onLoss(lost.loss(), started)
        ? decide(Wait.BACK_OFF, 0, lost.afterTimeout())
        : succeeded();
  }

  /**
   * Whether it was HTTP/3 that failed, and the next try, which comes at once, is to go over TCP.
   */
  boolean avoidsHttp3(LostTry lost) {
    return lost.overHttp3() && conditions.on().contains(Condition.HTTP3_POST_CONNECT_FAILURE);
  }

  /** A try takes too long, and shall have another one beside it. */
  Verdict onHedge() {
    return decide(Wait.BACK_OFF, 0, true);
  }

  // Counted as Envoy does: a retry after which no other one is wanted.
  private Verdict succeeded() {
    if (holdsPlace) {
      charges.retrySucceeded();
    }
    cancel();
    return Verdict.NO;
  }

  private Verdict decide(Wait wait, long askedWait, boolean afterTimeout) {
    if (left == 0) {
      charges.retryLimitExceeded();
      return Verdict.LIMIT_EXCEEDED;
    }
    cancel();
    left--;
    if (!places.tryAcquire()) {
      charges.retryOverflowed();
      return Verdict.OVERFLOW;
    }
    if (!runtime.snapshot().fraction(USE_RETRY, ALL).includes(random(Long.MAX_VALUE))) {
      places.release();
      return Verdict.NO;
    }
    holdsPlace = true;
    charges.retryBegun();
    backOff =
        loop.schedule(
            wait == Wait.NONE ? Duration.ZERO : delay(askedWait),
            () -> {
              backOff = null;
              owner.onRetry(afterTimeout);
            });
    return Verdict.YES;
  }

  private Duration delay(long askedWait) {
    boolean asked = askedWait > 1;
    charges.backsOff(asked);
    return asked
        ? Duration.ofMillis(askedWait + random(askedWait / 2))
        : Duration.ofNanos(random(bound()));
  }

  // Full jitter over an interval that doubles.
  private long bound() {
    RetryPolicy.BackOff how = usual;
    if (how == null) {
      long millis = runtime.snapshot().number(BASE_MILLIS, 25);
      how = RetryPolicy.BackOff.from(Duration.ofMillis(Math.min(millis, MOST_MILLIS)));
      usual = how;
    }
    return Math.min(how.max().toNanos(), how.base().toNanos() << Math.min(waits++, 20));
  }

  private static long random(long bound) {
    return ThreadLocalRandom.current().nextLong(Math.max(1, bound));
  }

  /** What an answer asks for, in milliseconds; 0 for nothing that may be waited for. */
  private long askedWait(RetryPolicy.RateLimitedBackOff of, HttpHeaders headers) {
    for (RetryPolicy.ResetHeader header : of.headers()) {
      String value = headers.get(header.name());
      long number = value == null ? -1 : EnvoyHeaders.number(value);
      if (number >= 0) {
        long millis =
            header.timestamp() ? number * 1000 - loop.wallTime().toEpochMilli() : number * 1000;
        if (millis >= 0 && millis <= of.most().toMillis()) {
          return millis;
        }
      }
    }
    return 0;
  }

  /** There will be no other try. */
  void cancel() {
    if (backOff != null) {
      requireNonNull(backOff).cancel();
      backOff = null;
    }
    if (holdsPlace) {
      holdsPlace = false;
      places.release();
    }
  }
}
