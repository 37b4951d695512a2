package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.runtime.RuntimeReader;
import java.util.function.Predicate;

/**
 * What route configurations refer to.
 *
 * @param clusterExists for {@code validate_clusters}; asked on the control loop
 * @param runtime where keys are looked up, on the workers
 */
public record RouteContext(Predicate<String> clusterExists, RuntimeReader runtime) {}
