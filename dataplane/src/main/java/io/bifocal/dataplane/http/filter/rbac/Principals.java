package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.match.FilterStateMatch;
import io.bifocal.dataplane.match.StringMatch;
import io.bifocal.dataplane.stream.TlsSession;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads who asks; source: {@code envoy.config.rbac.v3.Principal}. */
final class Principals {
  private Principals() {}

  static Predicate<Subject> any(List<Principal> configs, String path) throws ConfigException {
    return Conditions.any(all(configs, path));
  }

  private static List<Predicate<Subject>> all(List<Principal> configs, String path)
      throws ConfigException {
    List<Predicate<Subject>> parts = new ArrayList<>();
    for (int i = 0; i < configs.size(); i++) {
      parts.add(of(configs.get(i), path + "[" + i + "]"));
    }
    return parts;
  }

  @SuppressWarnings("deprecation") // control planes still send source_ip and metadata
  private static Predicate<Subject> of(Principal config, String path) throws ConfigException {
    return switch (config.getIdentifierCase()) {
      case ANY -> subject -> true;
      case AND_IDS -> Conditions.all(all(config.getAndIds().getIdsList(), path + ".and_ids.ids"));
      case OR_IDS -> Conditions.any(all(config.getOrIds().getIdsList(), path + ".or_ids.ids"));
      case NOT_ID -> of(config.getNotId(), path + ".not_id").negate();
      case HEADER -> Conditions.header(config.getHeader(), path + ".header");
      case URL_PATH -> Conditions.urlPath(config.getUrlPath(), path + ".url_path");
      case SOURCE_IP ->
          Conditions.ip(config.getSourceIp(), subject -> subject.connection().remote());
      case DIRECT_REMOTE_IP -> Conditions.ip(config.getDirectRemoteIp(), Subject::directRemote);
      case REMOTE_IP -> Conditions.ip(config.getRemoteIp(), Subject::remote);
      case FILTER_STATE -> {
        FilterStateMatch kept =
            FilterStateMatch.of(config.getFilterState(), path + ".filter_state");
        yield subject -> kept.matches(subject.info().filterState(kept.key()));
      }
      case METADATA -> Conditions.metadata(config.getMetadata(), path + ".metadata");
      case SOURCED_METADATA ->
          Conditions.metadata(config.getSourcedMetadata(), path + ".sourced_metadata");
      case AUTHENTICATED -> authenticated(config.getAuthenticated(), path + ".authenticated");
      case CUSTOM -> MtlsAuthenticated.of(config.getCustom(), path + ".custom");
      case IDENTIFIER_NOT_SET -> throw new ConfigException(path + ": no identifier");
    };
  }

  /** Any client that speaks TLS, or one whose certificate bears a name that matches. */
  private static Predicate<Subject> authenticated(Principal.Authenticated config, String path)
      throws ConfigException {
    if (!config.hasPrincipalName()) {
      return subject -> subject.connection().stream().downstreamTls != null;
    }
    StringMatch match = StringMatch.of(config.getPrincipalName(), path + ".principal_name");
    return subject -> {
      TlsSession tls = subject.connection().stream().downstreamTls;
      return tls != null && bears(tls.peerCertificate(), match);
    };
  }

  private static boolean bears(@Nullable X509Certificate certificate, StringMatch name) {
    for (String uri : TlsSession.names(certificate, TlsSession.NameKind.URI)) {
      if (name.matches(uri)) {
        return true;
      }
    }
    for (String dns : TlsSession.names(certificate, TlsSession.NameKind.DNS)) {
      if (name.matches(dns)) {
        return true;
      }
    }
    return name.matches(
        certificate == null ? "" : TlsSession.text(certificate.getSubjectX500Principal()));
  }
}
