package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.connect.Pacing;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList.Completeness;
import java.time.Duration;
import java.util.List;

/**
 * By which rules one request gets its connection.
 *
 * @param http3 the addresses at which HTTP/3 is tried, in order; empty where it is not
 * @param completeness whether more are on their way
 * @param pacing how long each of them has before the next
 * @param start when TCP begins
 * @param fallbackDelay how long HTTP/3 is alone, where it is first
 */
public record GridPlan(
    List<Address> http3,
    Completeness completeness,
    Pacing pacing,
    Start start,
    Duration fallbackDelay) {

  /** When TCP begins, and what it means when it is up. */
  public enum Start {
    /** HTTP/3 first: TCP when its time is over, or when it has failed. */
    HTTP3_FIRST,
    /** Both at once: HTTP/3 failed recently. */
    TOGETHER,
    /** TCP alone. */
    TCP_ONLY,
    /** TCP alone, for the request failed already on a connection of HTTP/3: that counts. */
    TCP_AFTER_HTTP3
  }

  public GridPlan {
    boolean none = start == Start.TCP_ONLY || start == Start.TCP_AFTER_HTTP3;
    if (http3.isEmpty() != none) {
      throw new IllegalArgumentException(start + " with " + http3);
    }
  }

  /** Without HTTP/3. */
  static GridPlan tcp(Start start) {
    Pacing none = (attempt, address) -> Duration.ZERO;
    return new GridPlan(List.of(), Completeness.COMPLETE, none, start, Duration.ZERO);
  }
}
