package io.bifocal.dataplane.cluster;

import io.bifocal.xds.time.Backoff;
import java.time.Duration;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/**
 * When a name is asked for again.
 *
 * @param rate so long after an answer ({@code dns_refresh_rate})
 * @param failures after a failure ({@code dns_failure_refresh_rate}); absent for {@code rate}
 * @param respectTtl whether an answer's TTL counts instead of {@code rate}
 * @param jitter an answer's delay is up to so much longer ({@code dns_jitter})
 */
record RefreshRate(
    Duration rate, Optional<FailureRate> failures, boolean respectTtl, Duration jitter) {

  /** A back-off with full jitter, from {@code base} doubling to {@code max}. */
  record FailureRate(Duration base, Duration max) {}

  /** The delays of one name. */
  Delays delays(DoubleSupplier chance) {
    return new Delays(chance);
  }

  /** Draws one delay after the other. Belongs to one loop. */
  final class Delays {
    private final DoubleSupplier chance;
    private final Optional<Backoff> backoff;

    private Delays(DoubleSupplier chance) {
      this.chance = chance;
      this.backoff = failures.map(f -> new Backoff(f.base(), f.max(), chance));
    }

    /** After an answer with that TTL; zero when it told none. */
    Duration afterAnswer(Duration ttl) {
      backoff.ifPresent(Backoff::reset);
      Duration regular = respectTtl && !ttl.isZero() ? ttl : rate;
      return regular.plusNanos((long) (jitter.toNanos() * chance.getAsDouble()));
    }

    Duration afterFailure() {
      return backoff.map(Backoff::next).orElse(rate);
    }
  }
}
