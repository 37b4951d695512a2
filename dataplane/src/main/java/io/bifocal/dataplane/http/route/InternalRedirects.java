package io.bifocal.dataplane.http.route;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.bifocal.api.MessageTypes;
import io.bifocal.api.SupportedFields;
import io.bifocal.api.Unpack;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.InternalRedirectPolicy;
import io.envoyproxy.envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which redirects of an upstream are followed here ({@code internal_redirect_policy}).
 *
 * @param most redirects that one request may follow
 * @param statuses by which an upstream redirects, of 301, 302, 303, 307 and 308
 * @param predicates all of which a redirect's new route must pass
 * @param headersToCopy from the redirect to the new request
 */
public record InternalRedirects(
    int most,
    Set<Integer> statuses,
    List<Predicate> predicates,
    boolean allowCrossScheme,
    List<AsciiString> headersToCopy) {
  private static final String PACKAGE = "envoy.extensions.internal_redirect.";
  private static final Set<Integer> KNOWN = Set.of(301, 302, 303, 307, 308);

  static final SupportedFields FIELDS =
      SupportedFields.of(InternalRedirectPolicy.getDescriptor())
          .supports(
              "max_internal_redirects",
              "redirect_response_codes",
              "predicates",
              "allow_cross_scheme_redirect",
              "response_headers_to_copy");

  public InternalRedirects {
    statuses = Set.copyOf(statuses);
    predicates = List.copyOf(predicates);
    headersToCopy = List.copyOf(headersToCopy);
  }

  /** What a redirect's target must be. */
  public sealed interface Predicate {}

  /** No route twice. */
  public record PreviousRoutes() implements Predicate {}

  /** One of these routes. */
  public record AllowListedRoutes(Set<String> names) implements Predicate {
    public AllowListedRoutes {
      names = Set.copyOf(names);
    }
  }

  /** Of the same scheme, or plain from TLS never. */
  public record SafeCrossScheme() implements Predicate {}

  static InternalRedirects of(InternalRedirectPolicy config, String where) throws ConfigException {
    RouteFields.check(FIELDS, config, where);
    Set<Integer> statuses = new TreeSet<>(config.getRedirectResponseCodesList());
    statuses.retainAll(KNOWN);
    List<Predicate> predicates = new ArrayList<>();
    for (TypedExtensionConfig predicate : config.getPredicatesList()) {
      predicates.add(predicate(predicate));
    }
    List<AsciiString> copied = new ArrayList<>();
    for (String name : config.getResponseHeadersToCopyList()) {
      if (name.startsWith(":") || name.equalsIgnoreCase("host")) {
        throw new ConfigException(":-prefixed headers or Hosts may not be specified here.");
      }
      copied.add(AsciiString.cached(name.toLowerCase(Locale.ROOT)));
    }
    return new InternalRedirects(
        config.hasMaxInternalRedirects() ? config.getMaxInternalRedirects().getValue() : 1,
        config.getRedirectResponseCodesCount() == 0 ? Set.of(302) : statuses,
        predicates,
        config.getAllowCrossSchemeRedirect(),
        copied);
  }

  private static Predicate predicate(TypedExtensionConfig config) throws ConfigException {
    Any any = config.getTypedConfig();
    return switch (MessageTypes.nameOf(any.getTypeUrl())) {
      case PACKAGE + "previous_routes.v3.PreviousRoutesConfig" -> new PreviousRoutes();
      case PACKAGE + "safe_cross_scheme.v3.SafeCrossSchemeConfig" -> new SafeCrossScheme();
      case PACKAGE + "allow_listed_routes.v3.AllowListedRoutesConfig" ->
          new AllowListedRoutes(
              Set.copyOf(
                  Unpack.as(AllowListedRoutesConfig.getDefaultInstance(), any)
                      .getAllowedRouteNamesList()));
      default -> throw Extensions.unregistered(config.getName(), any);
    };
  }
}
