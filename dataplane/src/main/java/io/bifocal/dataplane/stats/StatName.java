package io.bifocal.dataplane.stats;

import java.util.List;

/**
 * A statistic's name in both of its forms.
 *
 * @param full as {@code /stats} shows it: {@code cluster.a.upstream_cx_total}
 * @param base without the tags' values, as labelled formats show it: {@code
 *     cluster.upstream_cx_total}
 */
public record StatName(String full, String base, List<Tag> tags) {
  public StatName {
    tags = List.copyOf(tags);
  }
}
