package io.bifocal.dataplane.stream;

import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;

/**
 * What a request's route was made of, for logs and filters that tell of it.
 *
 * @param host the virtual host that the route is in
 */
public record RouteOrigin(Route route, VirtualHost host) {}
