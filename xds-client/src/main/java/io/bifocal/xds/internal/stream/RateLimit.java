package io.bifocal.xds.internal.stream;

import io.bifocal.xds.time.Loop;
import java.time.Duration;

/** A bucket of tokens, one per request, that fills steadily. Belongs to the loop. */
final class RateLimit {
  private final Loop loop;
  private final double capacity;
  private final double perNano;
  private double tokens;
  private long filledAt;

  RateLimit(Loop loop, double capacity, double perSecond) {
    this.loop = loop;
    this.capacity = capacity;
    this.perNano = perSecond / Duration.ofSeconds(1).toNanos();
    this.tokens = capacity;
    this.filledAt = loop.nanoTime();
  }

  boolean allows() {
    fill();
    return tokens >= 1;
  }

  void take() {
    fill();
    tokens -= 1;
  }

  /** How long until a request is allowed. */
  Duration refill() {
    fill();
    return Duration.ofNanos((long) Math.max(0, Math.ceil((1 - tokens) / perNano)));
  }

  private void fill() {
    long now = loop.nanoTime();
    // A hair's breadth of forgiveness for sums of fractions.
    tokens = Math.min(capacity, tokens + (now - filledAt) * perNano + 1e-9);
    filledAt = now;
  }
}
