package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.route.UriTemplate;
import io.bifocal.dataplane.match.StringMatch;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Reads what is asked for; source: {@code envoy.config.rbac.v3.Permission}. */
final class Permissions {
  private Permissions() {}

  static Predicate<Subject> any(List<Permission> configs, String path) throws ConfigException {
    return Conditions.any(all(configs, path));
  }

  private static List<Predicate<Subject>> all(List<Permission> configs, String path)
      throws ConfigException {
    List<Predicate<Subject>> parts = new ArrayList<>();
    for (int i = 0; i < configs.size(); i++) {
      parts.add(of(configs.get(i), path + "[" + i + "]"));
    }
    return parts;
  }

  @SuppressWarnings("deprecation") // control planes still send metadata
  private static Predicate<Subject> of(Permission config, String path) throws ConfigException {
    return switch (config.getRuleCase()) {
      case ANY -> subject -> true;
      case AND_RULES ->
          Conditions.all(all(config.getAndRules().getRulesList(), path + ".and_rules.rules"));
      case OR_RULES ->
          Conditions.any(all(config.getOrRules().getRulesList(), path + ".or_rules.rules"));
      case NOT_RULE -> of(config.getNotRule(), path + ".not_rule").negate();
      case HEADER -> Conditions.header(config.getHeader(), path + ".header");
      case URL_PATH -> Conditions.urlPath(config.getUrlPath(), path + ".url_path");
      case DESTINATION_IP -> Conditions.ip(config.getDestinationIp(), Subject::local);
      case DESTINATION_PORT -> ports(config.getDestinationPort(), config.getDestinationPort() + 1);
      case DESTINATION_PORT_RANGE ->
          ports(
              config.getDestinationPortRange().getStart(),
              config.getDestinationPortRange().getEnd());
      case REQUESTED_SERVER_NAME -> {
        StringMatch match =
            StringMatch.of(config.getRequestedServerName(), path + ".requested_server_name");
        yield subject -> match.matches(subject.serverName());
      }
      case METADATA -> Conditions.metadata(config.getMetadata(), path + ".metadata");
      case SOURCED_METADATA ->
          Conditions.metadata(config.getSourcedMetadata(), path + ".sourced_metadata");
      case URI_TEMPLATE -> {
        UriTemplate template = UriTemplate.of(config.getUriTemplate());
        yield subject -> template.matches(subject.urlPath());
      }
      case MATCHER -> UpstreamIpPort.of(config.getMatcher());
      case RULE_NOT_SET -> throw new ConfigException(path + ": no rule");
    };
  }

  // Half open, as in the API.
  private static Predicate<Subject> ports(int start, int end) {
    return subject ->
        subject.local() instanceof Address.Ip ip && ip.port() >= start && ip.port() < end;
  }
}
