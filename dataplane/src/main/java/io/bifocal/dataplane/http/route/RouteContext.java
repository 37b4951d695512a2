package io.bifocal.dataplane.http.route;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.runtime.RuntimeReader;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What route configurations refer to.
 *
 * @param clusterExists for {@code validate_clusters}; asked on the control loop
 * @param runtime where keys are looked up, on the workers
 * @param filters reads what routes say for HTTP filters
 */
public record RouteContext(
    Predicate<String> clusterExists, RuntimeReader runtime, FilterConfigs filters) {

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
