package io.bifocal.dataplane.match;

import io.bifocal.api.ConfigException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * By a server's name: itself, then the wildcards above it, longest first; source: {@code
 * xds.type.matcher.v3.ServerNameMatcher}.
 */
record DomainTree<S, A>(
    MatchInput<S> input, Map<String, MatchTree<S, A>> byDomain, MatchTree<S, A> otherwise)
    implements MatchTree<S, A> {
  DomainTree {
    byDomain = Map.copyOf(byDomain);
  }

  /** Refuses a wildcard that is not the whole first label. */
  static void check(String domain) throws ConfigException {
    int star = domain.lastIndexOf('*');
    if (star > 0 || (star == 0 && domain.length() > 1 && !domain.startsWith("*."))) {
      throw new ConfigException(
          "Invalid wildcard domain format: "
              + domain
              + ". Only '*' and '*.domain' patterns are supported");
    }
  }

  @Override
  public @Nullable A match(S subject) {
    String name = input.of(subject);
    if (name != null) {
      A action = at(name, subject);
      for (int dot = name.indexOf('.');
          action == null && dot >= 0;
          dot = name.indexOf('.', dot + 1)) {
        action = at("*".concat(name.substring(dot)), subject);
      }
      if (action == null) {
        action = at("*", subject);
      }
      if (action != null) {
        return action;
      }
    }
    return otherwise.match(subject);
  }

  private @Nullable A at(String domain, S subject) {
    MatchTree<S, A> then = byDomain.get(domain);
    return then == null ? null : then.match(subject);
  }
}
