package io.bifocal.dataplane.http;

import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.util.Arrays;

/** Routes at their smallest. */
final class Routes {
  private Routes() {}

  /** Everything is answered with {@code body}. */
  static RouteConfiguration answering(String name, String body) {
    return RouteConfiguration.newBuilder()
        .setName(name)
        .addVirtualHosts(host("all", body, "*"))
        .build();
  }

  /** Everything that comes for these domains is answered with {@code body}. */
  static VirtualHost host(String name, String body, String... domains) {
    return VirtualHost.newBuilder()
        .setName(name)
        .addAllDomains(Arrays.asList(domains))
        .addRoutes(
            Route.newBuilder()
                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                .setDirectResponse(
                    DirectResponseAction.newBuilder()
                        .setStatus(200)
                        .setBody(DataSource.newBuilder().setInlineString(body))))
        .build();
  }
}
