package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.http.route.HeaderMatch;
import io.bifocal.dataplane.match.IpRange;
import io.bifocal.dataplane.match.MetadataMatch;
import io.bifocal.dataplane.match.StringMatch;
import io.bifocal.dataplane.stream.RouteOrigin;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.rbac.v3.MetadataSource;
import io.envoyproxy.envoy.config.rbac.v3.SourcedMetadata;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/** Conditions that permissions and principals have in common. */
final class Conditions {
  private Conditions() {}

  static Predicate<Subject> any(List<Predicate<Subject>> parts) {
    return parts.size() == 1
        ? parts.get(0)
        : subject -> {
          for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).test(subject)) {
              return true;
            }
          }
          return false;
        };
  }

  static Predicate<Subject> all(List<Predicate<Subject>> parts) {
    return subject -> {
      for (int i = 0; i < parts.size(); i++) {
        if (!parts.get(i).test(subject)) {
          return false;
        }
      }
      return true;
    };
  }

  static Predicate<Subject> header(HeaderMatcher config, String path) throws ConfigException {
    HeaderMatch match = HeaderMatch.of(config, path);
    return subject -> match.matches(subject.head());
  }

  static Predicate<Subject> urlPath(PathMatcher config, String path) throws ConfigException {
    StringMatch match = StringMatch.of(config.getPath(), path + ".path");
    return subject -> match.matches(subject.urlPath());
  }

  static Predicate<Subject> metadata(MetadataMatcher config, String path) throws ConfigException {
    MetadataMatch match = MetadataMatch.of(config, path);
    return subject -> match.matches(subject.info().dynamicMetadata);
  }

  static Predicate<Subject> metadata(SourcedMetadata config, String path) throws ConfigException {
    String at = path + ".metadata_matcher";
    if (config.getMetadataSource() != MetadataSource.ROUTE) {
      return metadata(config.getMetadataMatcher(), at);
    }
    MetadataMatch match = MetadataMatch.of(config.getMetadataMatcher(), at);
    return subject -> {
      RouteOrigin route = subject.info().route;
      return route != null && match.matches(route.route().getMetadata().getFilterMetadataMap());
    };
  }

  static Predicate<Subject> ip(CidrRange config, Function<Subject, Address> address)
      throws ConfigException {
    IpRange range = IpRange.of(config);
    return subject -> address.apply(subject) instanceof Address.Ip found && range.holds(found.ip());
  }
}
