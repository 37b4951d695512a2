package io.bifocal.dataplane.http.filter;

import io.bifocal.dataplane.cluster.UpstreamFilters;
import io.bifocal.dataplane.http.filter.StreamFilters.NamedFilter;
import io.bifocal.dataplane.http.route.FilterOverride;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The filters of one connection manager that come before its router, or those between a router and
 * an upstream. Immutable, but for what is discovered; shared by all workers.
 */
public final class FilterChain implements UpstreamFilters {
  private final List<Entry> entries;

  FilterChain(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /**
   * One filter.
   *
   * @param disabled whether it is left out unless a route says otherwise
   */
  record Entry(String name, boolean disabled, Source source) {}

  /** Where a filter comes from. */
  interface Source extends AutoCloseable {
    /** What makes filters now; null while that is not known. */
    HttpFilter.@Nullable Maker current();

    @Override
    default void close() {}
  }

  /** Whether there is nothing but what comes behind them. */
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /**
   * The filters of a new stream, on its worker.
   *
   * @return null when all are disabled
   */
  public @Nullable StreamFilters forStream(FilterEnds ends) {
    List<NamedFilter> filters = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      FilterOverride override = ends.override(entry.name);
      if (override == null ? !entry.disabled : !override.disabled()) {
        HttpFilter.Maker maker = entry.source.current();
        filters.add(new NamedFilter(entry.name, maker == null ? MissingConfig::new : maker));
      }
    }
    return filters.isEmpty() ? null : new StreamFilters(ends, filters);
  }

  /** Nobody begins a stream with it any more; on the control loop. */
  @Override
  public void close() {
    entries.forEach(entry -> entry.source.close());
  }
}
