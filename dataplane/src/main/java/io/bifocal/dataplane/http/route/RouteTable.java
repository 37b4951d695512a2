package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.netty.util.AsciiString;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code RouteConfiguration}, compiled. Immutable; shared by all workers. */
public final class RouteTable {
  private final String name;
  private final Domains domains;
  private final boolean ignorePort;
  private final boolean ignorePathParameters;
  private final List<AsciiString> internalOnly;
  private final RouteCompiler.Parts parts;

  RouteTable(
      RouteConfiguration config,
      Domains domains,
      List<AsciiString> internalOnly,
      RouteCompiler.Parts parts) {
    this.name = config.getName();
    this.domains = domains;
    this.ignorePort = config.getIgnorePortInHostMatching();
    this.ignorePathParameters = config.getIgnorePathParametersInPathMatching();
    this.internalOnly = List.copyOf(internalOnly);
    this.parts = parts;
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
    return compile(config, List.of(), context, validateByDefault, null);
  }

  /**
   * Compiles, with virtual hosts that do not stand in the configuration. Virtual hosts that are as
   * they were in the table before are taken over.
   *
   * @param before an earlier table of the same name, or null
   */
  public static RouteTable compile(
      RouteConfiguration config,
      Collection<io.envoyproxy.envoy.config.route.v3.VirtualHost> more,
      RouteContext context,
      boolean validateByDefault,
      @Nullable RouteTable before)
      throws ConfigException {
    boolean validate =
        config.hasValidateClusters() ? config.getValidateClusters().getValue() : validateByDefault;
    return new RouteCompiler(config, context, validate, before == null ? null : before.parts)
        .compile(more);
  }

  public String name() {
    return name;
  }

  /**
   * The first route that matches, its cluster chosen.
   *
   * @param info what is known of the request besides its head
   * @param random not negative; for shares
   */
  public @Nullable Route match(RequestHead head, StreamInfo info, long random) {
    VirtualHost host = domains.find(ignorePort ? withoutPort(head.authority) : head.authority);
    return host == null ? null : host.match(head, pathEnd(head), info, random);
  }

  private int pathEnd(RequestHead head) {
    int end = head.pathEnd();
    int parameters = ignorePathParameters ? head.path.indexOf(';') : -1;
    return parameters < 0 ? end : Math.min(end, parameters);
  }

  /** Whether there is a virtual host for a request to {@code authority}. */
  public boolean hasHost(String authority) {
    return domains.find(ignorePort ? withoutPort(authority) : authority) != null;
  }

  /** Removes what only internal requests may carry ({@code internal_only_headers}). */
  public void sanitize(RequestHead head) {
    if (internalOnly.isEmpty() || "true".equals(head.headers.get("x-envoy-internal"))) {
      return;
    }
    for (int i = 0; i < internalOnly.size(); i++) {
      head.headers.remove(internalOnly.get(i));
    }
  }

  private static String withoutPort(String authority) {
    int colon = authority.lastIndexOf(':');
    if (colon < 0 || authority.indexOf(']', colon) >= 0) {
      return authority;
    }
    return authority.substring(0, colon);
  }
}
