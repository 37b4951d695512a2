package io.bifocal.dataplane.balance;

import java.util.Arrays;

/**
 * How evenly hosts share a table.
 *
 * @param size entries
 * @param least entries of one host
 * @param most entries of one host
 */
public record TableShape(int size, int least, int most) {
  /** Counts. */
  static TableShape of(int[] hostAt, int hosts) {
    int[] counts = new int[hosts];
    for (int host : hostAt) {
      counts[host]++;
    }
    return new TableShape(
        hostAt.length,
        Arrays.stream(counts).min().orElse(0),
        Arrays.stream(counts).max().orElse(0));
  }
}
