package io.bifocal.dataplane.http.route;

import com.google.protobuf.UInt32Value;
import io.bifocal.api.ConfigException;
import io.bifocal.api.DataSources;
import io.bifocal.api.Extensions;
import io.bifocal.api.MessageTypes;
import io.bifocal.dataplane.balance.MetadataCriteria;
import io.bifocal.dataplane.match.Substitution;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.InternalRedirectPolicy;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction.InternalRedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.early_data.v3.DefaultEarlyDataPolicy;
import io.envoyproxy.envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig;
import io.netty.util.AsciiString;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What one route does. */
final class ActionCompiler {
  private static final int LARGEST_BODY = 4096;

  private final RouteContext context;
  private final boolean validateClusters;
  private final RouteConfiguration table;
  private final VirtualHost host;
  private final CorsFields cors;
  private final io.envoyproxy.envoy.config.route.v3.Route route;
  private final String where;

  ActionCompiler(
      RouteContext context,
      boolean validateClusters,
      RouteConfiguration table,
      VirtualHost host,
      CorsFields cors,
      io.envoyproxy.envoy.config.route.v3.Route route,
      String where) {
    this.context = context;
    this.validateClusters = validateClusters;
    this.table = table;
    this.host = host;
    this.cors = cors;
    this.route = route;
    this.where = where;
  }

  RouteAction compile(PathMatch path) throws ConfigException {
    return switch (route.getActionCase()) {
      case ROUTE -> forward(route.getRoute(), path, where + ".route");
      case DIRECT_RESPONSE -> direct(route.getDirectResponse(), where + ".direct_response");
      case REDIRECT -> redirect(route.getRedirect(), where + ".redirect");
      // Nothing that a proxy could do: a cluster that is not there.
      case FILTER_ACTION, NON_FORWARDING_ACTION ->
          forward(
              io.envoyproxy.envoy.config.route.v3.RouteAction.getDefaultInstance(), path, where);
      case ACTION_NOT_SET -> throw new ConfigException(where + ": no action");
    };
  }

  /** The route with the shares of its weighted clusters, if it has any. */
  Route weighted(Route compiled, FilterOverrides overrides) throws ConfigException {
    return route.getRoute().hasWeightedClusters()
        ? new WeightsCompiler(route, where, this::exists, context.runtime(), overrides)
            .compile(compiled)
        : compiled;
  }

  private RouteAction.Forward forward(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, PathMatch path, String at)
      throws ConfigException {
    RouteFields.check(RouteFields.ACTION, action, at);
    if (action.hasEarlyDataPolicy()) {
      earlyData(action.getEarlyDataPolicy());
    }
    return new RouteAction.Forward(
        cluster(action),
        switch (action.getClusterNotFoundResponseCode()) {
          case NOT_FOUND -> 404;
          case INTERNAL_SERVER_ERROR -> 500;
          default -> 503;
        },
        pathRewrite(action, path),
        new HostRewrite(hostRewrite(action), action.getAppendXForwardedHost()),
        Timeouts.of(action),
        retry(action, at),
        hedging(action, at),
        mirrors(action, at),
        MetadataCriteria.of(action.getMetadataMatch()),
        HashPolicy.of(action.getHashPolicyList(), at + ".hash_policy"),
        internalRedirects(action, at),
        action.getPriority() == RoutingPriority.HIGH,
        AttemptHeaders.of(host),
        UpgradeReader.read(action.getUpgradeConfigsList()),
        ConnectConfig.of(action.getUpgradeConfigsList(), at),
        bufferLimit(),
        cors.of(action));
  }

  private ClusterChoice cluster(io.envoyproxy.envoy.config.route.v3.RouteAction action)
      throws ConfigException {
    return switch (action.getClusterSpecifierCase()) {
      case CLUSTER -> new ClusterChoice.Named(existing(action.getCluster()), null);
      case CLUSTER_HEADER ->
          new ClusterChoice.InHeader(
              AsciiString.cached(action.getClusterHeader().toLowerCase(Locale.ROOT)));
      // Its shares are routes themselves, and are made of the whole.
      case WEIGHTED_CLUSTERS -> new ClusterChoice.Named("", null);
      // Plugins are refused; what is left forwards nothing.
      default -> new ClusterChoice.Named("", null);
    };
  }

  private boolean exists(String cluster) {
    return !validateClusters || context.clusterExists().test(cluster);
  }

  private String existing(String cluster) throws ConfigException {
    if (!exists(cluster)) {
      throw new ConfigException("route: unknown cluster '" + cluster + "'");
    }
    return cluster;
  }

  private static @Nullable PathRewrite pathRewrite(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, PathMatch path)
      throws ConfigException {
    boolean prefix = !action.getPrefixRewrite().isEmpty();
    int rewrites =
        (prefix ? 1 : 0)
            + (action.hasRegexRewrite() ? 1 : 0)
            + (action.hasPathRewritePolicy() ? 1 : 0);
    if (rewrites > 1) {
      throw new ConfigException(
          "Specify only one of prefix_rewrite, regex_rewrite or path_rewrite_policy");
    }
    if (prefix && path instanceof PathMatch.Template) {
      throw new ConfigException("Cannot use prefix_rewrite with matcher extension");
    }
    if (action.hasRegexRewrite()) {
      return new PathRewrite.Regex(Substitution.of(action.getRegexRewrite()));
    }
    if (action.hasPathRewritePolicy()) {
      return template(action.getPathRewritePolicy(), path);
    }
    return prefix ? new PathRewrite.Prefix(action.getPrefixRewrite()) : null;
  }

  private static PathRewrite template(TypedExtensionConfig policy, PathMatch path)
      throws ConfigException {
    UriTemplateRewriteConfig rewrite =
        Extensions.only(
            UriTemplateRewriteConfig.getDefaultInstance(),
            policy.getName(),
            policy.getTypedConfig());
    if (!(path instanceof PathMatch.Template match)) {
      throw new ConfigException(
          "unable to use envoy.path.rewrite.uri_template.uri_template_rewriter extension without"
              + " envoy.path.match.uri_template.uri_template_matcher extension");
    }
    return new PathRewrite.Template(match.template().filling(rewrite.getPathTemplateRewrite()));
  }

  private static HostRewrite.@Nullable Source hostRewrite(
      io.envoyproxy.envoy.config.route.v3.RouteAction action) throws ConfigException {
    return switch (action.getHostRewriteSpecifierCase()) {
      case HOST_REWRITE_LITERAL -> new HostRewrite.Literal(action.getHostRewriteLiteral());
      case HOST_REWRITE_HEADER ->
          new HostRewrite.InHeader(
              AsciiString.cached(action.getHostRewriteHeader().toLowerCase(Locale.ROOT)));
      case HOST_REWRITE_PATH_REGEX ->
          new HostRewrite.OfPath(Substitution.of(action.getHostRewritePathRegex()));
      case AUTO_HOST_REWRITE ->
          action.getAutoHostRewrite().getValue() ? new HostRewrite.Auto() : null;
      case HOSTREWRITESPECIFIER_NOT_SET -> null;
    };
  }

  private @Nullable RetryPolicy retry(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, String at) throws ConfigException {
    if (action.hasRetryPolicy()) {
      return RetryPolicy.of(action.getRetryPolicy(), at + ".retry_policy");
    }
    return host.hasRetryPolicy()
        ? RetryPolicy.of(host.getRetryPolicy(), where + ".retry_policy")
        : null;
  }

  private @Nullable Hedging hedging(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, String at) throws ConfigException {
    if (action.hasHedgePolicy()) {
      return Hedging.of(action.getHedgePolicy(), at + ".hedge_policy");
    }
    return host.hasHedgePolicy() ? Hedging.of(host.getHedgePolicy(), where) : null;
  }

  // The most specific level that has any.
  private List<Mirror> mirrors(io.envoyproxy.envoy.config.route.v3.RouteAction action, String at)
      throws ConfigException {
    var policies = action.getRequestMirrorPoliciesList();
    if (policies.isEmpty()) {
      policies = host.getRequestMirrorPoliciesList();
    }
    if (policies.isEmpty()) {
      policies = table.getRequestMirrorPoliciesList();
    }
    List<Mirror> mirrors = Mirror.all(policies, context.runtime(), at);
    for (Mirror mirror : mirrors) {
      if (mirror.header() == null && !exists(mirror.cluster())) {
        throw new ConfigException("route: unknown shadow cluster '" + mirror.cluster() + "'");
      }
    }
    return mirrors;
  }

  @SuppressWarnings("deprecation") // control planes still send the old pair
  private static @Nullable InternalRedirects internalRedirects(
      io.envoyproxy.envoy.config.route.v3.RouteAction action, String at) throws ConfigException {
    InternalRedirectPolicy policy = action.getInternalRedirectPolicy();
    if (!action.hasInternalRedirectPolicy()) {
      if (action.getInternalRedirectAction() != InternalRedirectAction.HANDLE_INTERNAL_REDIRECT) {
        return null;
      }
      if (action.hasMaxInternalRedirects()) {
        policy =
            policy.toBuilder().setMaxInternalRedirects(action.getMaxInternalRedirects()).build();
      }
    }
    return InternalRedirects.of(policy, at + ".internal_redirect_policy");
  }

  private static void earlyData(TypedExtensionConfig policy) throws ConfigException {
    if (!MessageTypes.is(policy.getTypedConfig(), DefaultEarlyDataPolicy.getDescriptor())) {
      throw Extensions.unregistered(policy.getName(), policy.getTypedConfig());
    }
  }

  private long bufferLimit() {
    UInt32Value limit =
        route.hasPerRequestBufferLimitBytes()
            ? route.getPerRequestBufferLimitBytes()
            : host.getPerRequestBufferLimitBytes();
    boolean set = route.hasPerRequestBufferLimitBytes() || host.hasPerRequestBufferLimitBytes();
    return set ? Integer.toUnsignedLong(limit.getValue()) : Long.MAX_VALUE;
  }

  private RouteAction.DirectResponse direct(DirectResponseAction action, String at)
      throws ConfigException {
    RouteFields.check(RouteFields.DIRECT, action, at);
    int limit =
        table.hasMaxDirectResponseBodySizeBytes()
            ? table.getMaxDirectResponseBodySizeBytes().getValue()
            : LARGEST_BODY;
    String file = action.getBody().getFilename();
    if (!file.isEmpty() && !Files.exists(Path.of(file))) {
      throw new ConfigException("file " + file + " does not exist");
    }
    var body = DataSources.read(action.getBody());
    if (body.size() > limit) {
      throw new ConfigException(
          action.getBody().hasFilename()
              ? "file %s size is %d bytes; maximum is %d"
                  .formatted(action.getBody().getFilename(), body.size(), limit)
              : "response body size is %d bytes; maximum is %d".formatted(body.size(), limit));
    }
    return new RouteAction.DirectResponse(action.getStatus(), body.toStringUtf8());
  }

  private static RouteAction.Redirect redirect(RedirectAction action, String at)
      throws ConfigException {
    RouteFields.check(RouteFields.REDIRECT, action, at);
    int status =
        switch (action.getResponseCode()) {
          case FOUND -> 302;
          case SEE_OTHER -> 303;
          case TEMPORARY_REDIRECT -> 307;
          case PERMANENT_REDIRECT -> 308;
          default -> 301;
        };
    String scheme = action.getHttpsRedirect() ? "https" : action.getSchemeRedirect();
    RedirectTarget.Path path =
        switch (action.getPathRewriteSpecifierCase()) {
          case PATH_REDIRECT -> new RedirectTarget.Whole(action.getPathRedirect());
          case PREFIX_REWRITE -> new RedirectTarget.Prefix(action.getPrefixRewrite());
          case REGEX_REWRITE -> new RedirectTarget.Regex(Substitution.of(action.getRegexRewrite()));
          case PATHREWRITESPECIFIER_NOT_SET -> new RedirectTarget.Same();
        };
    return new RouteAction.Redirect(
        status,
        new RedirectTarget.Edited(
            scheme.isEmpty() ? null : scheme,
            action.getHostRedirect().isEmpty() ? null : action.getHostRedirect(),
            action.getPortRedirect() == 0
                ? ""
                : ":" + Integer.toUnsignedString(action.getPortRedirect()),
            path,
            action.getStripQuery()));
  }
}
