package io.bifocal.dataplane.http.route;

import java.util.List;

/**
 * What a route, its virtual host and its table say of one HTTP filter ({@code
 * typed_per_filter_config}).
 *
 * @param disabled whether the filter is left out; what is said here otherwise brings one in that is
 *     disabled by itself
 * @param configs from the least specific level to the most specific one
 */
public record FilterOverride(boolean disabled, List<Object> configs) {
  public FilterOverride {
    configs = List.copyOf(configs);
  }
}
