package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import org.jspecify.annotations.Nullable;

/** A {@code RouteConfiguration}, compiled. Immutable; shared by all workers. */
public final class RouteTable {
  private final String name;
  private final Domains domains;
  private final boolean ignorePort;

  RouteTable(String name, Domains domains, boolean ignorePort) {
    this.name = name;
    this.domains = domains;
    this.ignorePort = ignorePort;
  }

  /**
   * Compiles.
   *
   * @param context what it refers to
   * @param validateByDefault whether clusters are checked when the configuration does not say
   * @throws ConfigException in Envoy's words
   */
  public static RouteTable compile(
      RouteConfiguration config, RouteContext context, boolean validateByDefault)
      throws ConfigException {
    boolean validate =
        config.hasValidateClusters() ? config.getValidateClusters().getValue() : validateByDefault;
    return new RouteCompiler(config, context, validate).compile();
  }

  public String name() {
    return name;
  }

  /**
   * The first route that matches.
   *
   * @param random not negative; for shares
   */
  public @Nullable Route match(RequestHead head, long random) {
    VirtualHost host = domains.find(ignorePort ? withoutPort(head.authority) : head.authority);
    return host == null ? null : host.match(head, random);
  }

  /** Whether there is a virtual host for a request to {@code authority}. */
  public boolean hasHost(String authority) {
    return domains.find(ignorePort ? withoutPort(authority) : authority) != null;
  }

  private static String withoutPort(String authority) {
    int colon = authority.lastIndexOf(':');
    if (colon < 0 || authority.indexOf(']', colon) >= 0) {
      return authority;
    }
    return authority.substring(0, colon);
  }
}
