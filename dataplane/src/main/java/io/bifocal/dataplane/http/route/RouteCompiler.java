package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.JavaDuration;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.route.RouteAction.ClusterChoice;
import io.bifocal.dataplane.match.StringMatch;
import io.bifocal.dataplane.runtime.RuntimeFraction;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.netty.util.AsciiString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From messages to a {@link RouteTable}; refuses what would not be obeyed. */
final class RouteCompiler {
  private static final Logger log = LoggerFactory.getLogger(RouteCompiler.class);
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);

  private final RouteConfiguration config;
  private final RouteContext context;
  private final boolean validateClusters;
  private final FilterOverrides overrides;

  RouteCompiler(RouteConfiguration config, RouteContext context, boolean validateClusters) {
    this.config = config;
    this.context = context;
    this.validateClusters = validateClusters;
    this.overrides = new FilterOverrides(context.filters());
  }

  RouteTable compile() throws ConfigException {
    String where = "route configuration '" + config.getName() + "'";
    check(RouteFields.CONFIGURATION, config, where);
    Map<String, FilterOverride> filters =
        overrides.over(Map.of(), config.getTypedPerFilterConfigMap());
    Domains domains = new Domains();
    for (var host : config.getVirtualHostsList()) {
      VirtualHost compiled = host(host, filters, where + " virtual host '" + host.getName() + "'");
      for (String domain : host.getDomainsList()) {
        domains.add(domain, compiled, config.getName());
      }
    }
    return new RouteTable(config.getName(), domains, config.getIgnorePortInHostMatching());
  }

  private VirtualHost host(
      io.envoyproxy.envoy.config.route.v3.VirtualHost host,
      Map<String, FilterOverride> tables,
      String where)
      throws ConfigException {
    check(RouteFields.VIRTUAL_HOST, host, where);
    Map<String, FilterOverride> filters = overrides.over(tables, host.getTypedPerFilterConfigMap());
    List<Route> routes = new ArrayList<>();
    for (int i = 0; i < host.getRoutesCount(); i++) {
      var route = host.getRoutes(i);
      String name = route.getName().isEmpty() ? "" : " '" + route.getName() + "'";
      routes.add(route(host, route, filters, where + " routes[" + i + "]" + name));
    }
    return new VirtualHost(host.getName(), routes);
  }

  private Route route(
      io.envoyproxy.envoy.config.route.v3.VirtualHost host,
      io.envoyproxy.envoy.config.route.v3.Route route,
      Map<String, FilterOverride> hosts,
      String where)
      throws ConfigException {
    check(RouteFields.ROUTE, route, where);
    RouteMatch match = route.getMatch();
    check(RouteFields.MATCH, match, where + ".match");
    List<HeaderMatch> headers = new ArrayList<>();
    for (HeaderMatcher header : match.getHeadersList()) {
      headers.add(HeaderMatch.of(header, where + ".match.headers"));
    }
    List<QueryMatch> query = new ArrayList<>();
    for (QueryParameterMatcher parameter : match.getQueryParametersList()) {
      query.add(QueryMatch.of(parameter, where + ".match.query_parameters"));
    }
    return new Route(
        route.getName(),
        PathMatch.of(match, where + ".match"),
        headers,
        query,
        match.hasRuntimeFraction()
            ? RuntimeFraction.of(match.getRuntimeFraction(), context.runtime())
            : null,
        match.hasGrpc(),
        action(host, route, where),
        requestChanges(host, route, where),
        responseChanges(host, route, where),
        host.getIncludeRequestAttemptCount(),
        overrides.over(hosts, route.getTypedPerFilterConfigMap()));
  }

  // The most specific level comes first, so that the least specific one has the last word, unless
  // the configuration turns that round.
  private List<HeaderChanges> requestChanges(
      io.envoyproxy.envoy.config.route.v3.VirtualHost host,
      io.envoyproxy.envoy.config.route.v3.Route route,
      String where)
      throws ConfigException {
    return inOrder(
        HeaderChanges.of(
            route.getRequestHeadersToAddList(), route.getRequestHeadersToRemoveList(), where),
        HeaderChanges.of(
            host.getRequestHeadersToAddList(), host.getRequestHeadersToRemoveList(), where),
        HeaderChanges.of(
            config.getRequestHeadersToAddList(), config.getRequestHeadersToRemoveList(), where));
  }

  private List<HeaderChanges> responseChanges(
      io.envoyproxy.envoy.config.route.v3.VirtualHost host,
      io.envoyproxy.envoy.config.route.v3.Route route,
      String where)
      throws ConfigException {
    return inOrder(
        HeaderChanges.of(
            route.getResponseHeadersToAddList(), route.getResponseHeadersToRemoveList(), where),
        HeaderChanges.of(
            host.getResponseHeadersToAddList(), host.getResponseHeadersToRemoveList(), where),
        HeaderChanges.of(
            config.getResponseHeadersToAddList(), config.getResponseHeadersToRemoveList(), where));
  }

  private List<HeaderChanges> inOrder(
      HeaderChanges route, HeaderChanges host, HeaderChanges table) {
    List<HeaderChanges> order =
        config.getMostSpecificHeaderMutationsWins()
            ? List.of(table, host, route)
            : List.of(route, host, table);
    return order.stream().filter(changes -> !changes.equals(HeaderChanges.NONE)).toList();
  }

  private RouteAction action(
      io.envoyproxy.envoy.config.route.v3.VirtualHost host,
      io.envoyproxy.envoy.config.route.v3.Route route,
      String where)
      throws ConfigException {
    return switch (route.getActionCase()) {
      case ROUTE -> forward(host, route.getRoute(), where + ".route");
      case DIRECT_RESPONSE -> direct(route.getDirectResponse(), where + ".direct_response");
      case REDIRECT -> redirect(route.getRedirect(), where + ".redirect");
      default ->
          throw new ConfigException(
              where
                  + ": "
                  + route.getActionCase().name().toLowerCase(Locale.ROOT)
                  + " not supported");
    };
  }

  private RouteAction.Forward forward(
      io.envoyproxy.envoy.config.route.v3.VirtualHost host,
      io.envoyproxy.envoy.config.route.v3.RouteAction action,
      String where)
      throws ConfigException {
    check(RouteFields.ACTION, action, where);
    RetryPolicy retry = null;
    if (action.hasRetryPolicy()) {
      retry = RetryPolicy.of(action.getRetryPolicy(), where + ".retry_policy");
    } else if (host.hasRetryPolicy()) {
      retry = RetryPolicy.of(host.getRetryPolicy(), where + ".retry_policy");
    }
    return new RouteAction.Forward(
        cluster(action, where),
        action.getPrefixRewrite().isEmpty() ? null : action.getPrefixRewrite(),
        action.hasRegexRewrite() ? pathRewrite(action.getRegexRewrite()) : null,
        action.getHostRewriteLiteral().isEmpty() ? null : action.getHostRewriteLiteral(),
        action.getAutoHostRewrite().getValue(),
        action.hasTimeout() ? JavaDuration.of(action.getTimeout()) : DEFAULT_TIMEOUT,
        action.hasIdleTimeout() ? JavaDuration.of(action.getIdleTimeout()) : null,
        notFoundStatus(action),
        retry);
  }

  // RE2 writes groups as \\1, the library as $1.
  private static RouteAction.PathRewrite pathRewrite(RegexMatchAndSubstitute rewrite)
      throws ConfigException {
    String replacement =
        rewrite.getSubstitution().replace("$", "\\$").replaceAll("\\\\([0-9])", "\\$$1");
    return new RouteAction.PathRewrite(
        StringMatch.compile(rewrite.getPattern().getRegex()), replacement);
  }

  private static int notFoundStatus(io.envoyproxy.envoy.config.route.v3.RouteAction action) {
    return switch (action.getClusterNotFoundResponseCode()) {
      case NOT_FOUND -> 404;
      case INTERNAL_SERVER_ERROR -> 500;
      default -> 503;
    };
  }

  private ClusterChoice cluster(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, String where) throws ConfigException {
    return switch (action.getClusterSpecifierCase()) {
      case CLUSTER -> new RouteAction.Named(existing(action.getCluster()));
      case CLUSTER_HEADER ->
          new RouteAction.InHeader(
              AsciiString.cached(action.getClusterHeader().toLowerCase(Locale.ROOT)));
      case WEIGHTED_CLUSTERS -> weighted(action.getWeightedClusters(), where);
      default ->
          throw new ConfigException(
              where
                  + ": "
                  + action.getClusterSpecifierCase().name().toLowerCase(Locale.ROOT)
                  + " not supported");
    };
  }

  private RouteAction.Weighted weighted(WeightedCluster config, String where)
      throws ConfigException {
    check(RouteFields.WEIGHTED, config, where + ".weighted_clusters");
    List<RouteAction.Weight> weights = new ArrayList<>();
    long total = 0;
    for (var cluster : config.getClustersList()) {
      String at = where + ".weighted_clusters.clusters '" + cluster.getName() + "'";
      check(RouteFields.WEIGHT, cluster, at);
      long weight = Integer.toUnsignedLong(cluster.getWeight().getValue());
      total += weight;
      weights.add(
          new RouteAction.Weight(
              existing(cluster.getName()),
              weight,
              cluster.getHostRewriteLiteral().isEmpty() ? null : cluster.getHostRewriteLiteral(),
              HeaderChanges.of(
                  cluster.getRequestHeadersToAddList(),
                  cluster.getRequestHeadersToRemoveList(),
                  at),
              HeaderChanges.of(
                  cluster.getResponseHeadersToAddList(),
                  cluster.getResponseHeadersToRemoveList(),
                  at)));
    }
    if (total == 0) {
      throw new ConfigException("Sum of weights in the weighted_cluster must be greater than 0.");
    }
    if (total > 0xFFFFFFFFL) {
      throw new ConfigException(
          "The sum of weights of all weighted clusters of route %s exceeds %d"
              .formatted(this.config.getName(), 0xFFFFFFFFL));
    }
    return new RouteAction.Weighted(weights, total);
  }

  private String existing(String cluster) throws ConfigException {
    if (validateClusters && !context.clusterExists().test(cluster)) {
      throw new ConfigException("route: unknown cluster '" + cluster + "'");
    }
    return cluster;
  }

  private RouteAction.DirectResponse direct(DirectResponseAction action, String where)
      throws ConfigException {
    check(RouteFields.DIRECT, action, where);
    String body =
        switch (action.getBody().getSpecifierCase()) {
          case INLINE_STRING -> action.getBody().getInlineString();
          case INLINE_BYTES -> action.getBody().getInlineBytes().toStringUtf8();
          case SPECIFIER_NOT_SET -> "";
          default -> throw new ConfigException(where + ".body: only inline bodies are supported");
        };
    int limit =
        config.hasMaxDirectResponseBodySizeBytes()
            ? config.getMaxDirectResponseBodySizeBytes().getValue()
            : 4096;
    if (body.length() > limit) {
      throw new ConfigException(
          "response body size is %d bytes; maximum is %d".formatted(body.length(), limit));
    }
    return new RouteAction.DirectResponse(action.getStatus(), body);
  }

  private static RouteAction.Redirect redirect(RedirectAction action, String where)
      throws ConfigException {
    check(RouteFields.REDIRECT, action, where);
    int status =
        switch (action.getResponseCode()) {
          case FOUND -> 302;
          case SEE_OTHER -> 303;
          case TEMPORARY_REDIRECT -> 307;
          case PERMANENT_REDIRECT -> 308;
          default -> 301;
        };
    String scheme =
        switch (action.getSchemeRewriteSpecifierCase()) {
          case HTTPS_REDIRECT -> action.getHttpsRedirect() ? "https" : null;
          case SCHEME_REDIRECT -> action.getSchemeRedirect();
          case SCHEMEREWRITESPECIFIER_NOT_SET -> null;
        };
    return new RouteAction.Redirect(
        status,
        scheme,
        action.getHostRedirect().isEmpty() ? null : action.getHostRedirect(),
        action.getPortRedirect(),
        action.getPathRedirect().isEmpty() ? null : action.getPathRedirect(),
        action.getPrefixRewrite().isEmpty() ? null : action.getPrefixRewrite(),
        action.getStripQuery());
  }

  private static void check(
      SupportedFields fields, com.google.protobuf.Message message, String where)
      throws ConfigException {
    fields.check(message, where).forEach(log::warn);
  }
}
