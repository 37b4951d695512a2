package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import io.bifocal.api.SupportedFields;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.match.FilterStateMatch;
import io.bifocal.dataplane.match.MetadataMatch;
import io.bifocal.dataplane.runtime.RuntimeFraction;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stream.TlsSession;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.RouteMatch.TlsContextMatchOptions;
import io.envoyproxy.envoy.type.matcher.v3.FilterStateMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import java.util.ArrayList;
import java.util.List;

/** Reads what a route asks for besides its path, in the order in which Envoy looks at it. */
final class Conditions {
  static final SupportedFields TLS =
      SupportedFields.of(TlsContextMatchOptions.getDescriptor()).supports("presented", "validated");

  private Conditions() {}

  static List<Condition> of(RouteMatch match, RuntimeReader runtime, String where)
      throws ConfigException {
    List<Condition> all = new ArrayList<>();
    if (match.hasConnectMatcher()) {
      all.add((head, info, random) -> head.method.equals("CONNECT"));
    }
    if (match.hasRuntimeFraction()) {
      RuntimeFraction fraction = RuntimeFraction.of(match.getRuntimeFraction(), runtime);
      all.add((head, info, random) -> fraction.includes(random));
    }
    if (match.hasGrpc()) {
      all.add((head, info, random) -> isGrpc(head));
    }
    for (HeaderMatcher config : match.getHeadersList()) {
      HeaderMatch header = HeaderMatch.of(config, where + ".headers");
      all.add((head, info, random) -> header.matches(head));
    }
    for (QueryParameterMatcher config : match.getQueryParametersList()) {
      QueryMatch query = QueryMatch.of(config, where + ".query_parameters");
      all.add((head, info, random) -> query.matches(head.path));
    }
    if (match.hasTlsContext()) {
      all.add(tls(match.getTlsContext(), where + ".tls_context"));
    }
    for (MetadataMatcher config : match.getDynamicMetadataList()) {
      MetadataMatch metadata = MetadataMatch.of(config, where + ".dynamic_metadata");
      all.add((head, info, random) -> metadata.matches(info.dynamicMetadata));
    }
    for (FilterStateMatcher config : match.getFilterStateList()) {
      FilterStateMatch kept = FilterStateMatch.of(config, where + ".filter_state");
      all.add((head, info, random) -> kept.matches(info.filterState(kept.key())));
    }
    return all;
  }

  private static Condition tls(TlsContextMatchOptions options, String where)
      throws ConfigException {
    RouteFields.check(TLS, options, where);
    return (head, info, random) -> {
      TlsSession tls = info.downstreamTls;
      boolean presented = tls != null && tls.peerCertificate() != null;
      boolean validated = tls != null && tls.peerValidated();
      return (!options.hasPresented() || options.getPresented().getValue() == presented)
          && (!options.hasValidated() || options.getValidated().getValue() == validated);
    };
  }

  static boolean isGrpc(RequestHead head) {
    String type = head.headers.get("content-type", "");
    return type.startsWith("application/grpc") && (type.length() == 16 || type.charAt(16) == '+');
  }
}
