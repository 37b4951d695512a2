package io.bifocal.dataplane.http.route;

import java.util.List;

/**
 * What a request is, as far as limits go.
 *
 * @param entries keys with values, in order
 * @param hits as how many requests it counts
 */
public record RateLimitDescriptor(List<Entry> entries, long hits) {
  /** One key. */
  public record Entry(String key, String value) {}

  public RateLimitDescriptor {
    entries = List.copyOf(entries);
  }
}
