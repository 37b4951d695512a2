package io.bifocal.dataplane.http.route;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What route configurations refer to.
 *
 * @param clusterExists for {@code validate_clusters}; asked on the control loop
 * @param runtime where keys are looked up, on the workers
 * @param filters reads what routes say for HTTP filters
 * @param stats all statistics, of which those under {@code vhost.} are made
 */
public record RouteContext(
    Predicate<String> clusterExists, RuntimeReader runtime, FilterConfigs filters, Scope stats) {

  /** One whose statistics nobody reads. */
  public RouteContext(
      Predicate<String> clusterExists, RuntimeReader runtime, FilterConfigs filters) {
    this(clusterExists, runtime, filters, new StatsStore(1).root());
  }

  /** Reads an entry of {@code typed_per_filter_config}. */
  @FunctionalInterface
  public interface FilterConfigs {
    /**
     * Reads it.
     *
     * @param filter the filter's name in the connection manager
     * @return null for what no filter here reads
     */
    @Nullable Object read(String filter, Any config) throws ConfigException;
  }
}
