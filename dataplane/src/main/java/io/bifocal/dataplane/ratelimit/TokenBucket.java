package io.bifocal.dataplane.ratelimit;

import com.google.protobuf.util.Durations;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tokens that come back evenly with time. All workers draw from one without a lock: what is kept is
 * the moment at which it would have been empty. Full at first.
 */
public final class TokenBucket {
  private static final double NANOS = 1e9;

  private final long max;
  private final double perSecond;
  private final long origin;
  // When it was empty, in seconds from the origin: a double, as its bits.
  private final AtomicLong emptyAt;

  /** What a bucket is like; source: {@code envoy.type.v3.TokenBucket}. */
  public record Spec(long max, double perSecond) {
    public static Spec of(io.envoyproxy.envoy.type.v3.TokenBucket config) {
      long perFill =
          config.hasTokensPerFill()
              ? Integer.toUnsignedLong(config.getTokensPerFill().getValue())
              : 1;
      return new Spec(
          Integer.toUnsignedLong(config.getMaxTokens()),
          perFill * NANOS / Durations.toNanos(config.getFillInterval()));
    }
  }

  public TokenBucket(Spec spec, long nanoTime) {
    this.max = spec.max;
    this.perSecond = spec.perSecond;
    this.origin = nanoTime;
    this.emptyAt = new AtomicLong(Double.doubleToRawLongBits(-max / perSecond));
  }

  /** Takes so many, if they are there. */
  public boolean take(long tokens, long nanoTime) {
    double now = seconds(nanoTime);
    while (true) {
      long seen = emptyAt.get();
      double from = Math.max(Double.longBitsToDouble(seen), now - max / perSecond);
      double next = from + tokens / perSecond;
      // A little of a token is lost in rounding.
      if (next > now + 1e-9) {
        return false;
      }
      if (emptyAt.compareAndSet(seen, Double.doubleToRawLongBits(next))) {
        return true;
      }
    }
  }

  /** How many there are at most. */
  public long max() {
    return max;
  }

  /** How many come back in a second. */
  public double perSecond() {
    return perSecond;
  }

  /** Whole tokens that are there. */
  public long remaining(long nanoTime) {
    return (long) Math.floor(exact(nanoTime) + 1e-6);
  }

  /** Whole seconds until there is a token; 0 when there is one. */
  public long secondsToNext(long nanoTime) {
    double missing = 1 - exact(nanoTime);
    return missing <= 1e-6 ? 0 : (long) Math.ceil(missing / perSecond - 1e-3);
  }

  private double exact(long nanoTime) {
    double since = seconds(nanoTime) - Double.longBitsToDouble(emptyAt.get());
    return Math.min((double) max, since * perSecond);
  }

  private double seconds(long nanoTime) {
    return (nanoTime - origin) / NANOS;
  }
}
