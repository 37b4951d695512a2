package io.bifocal.dataplane.http.filter;

import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.Scope;

/**
 * What a filter may use while it is made.
 *
 * @param name the filter's in the connection manager
 * @param path of the filter's configuration, to begin errors and warnings with
 * @param scope {@code http.<stat_prefix>.}
 */
public record HttpFilterContext(String name, String path, Scope scope, RuntimeReader runtime) {}
