package io.bifocal.dataplane.http.route;

import io.bifocal.api.ConfigException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Virtual hosts by domain. The exact domain comes first, then the longest {@code *.suffix}, then
 * the longest {@code prefix.*}, then {@code *}.
 */
final class Domains {
  private final Map<String, VirtualHost> exact = new HashMap<>();
  private final NavigableMap<Integer, Map<String, VirtualHost>> suffixes =
      new TreeMap<>(Comparator.reverseOrder());
  private final NavigableMap<Integer, Map<String, VirtualHost>> prefixes =
      new TreeMap<>(Comparator.reverseOrder());
  private @Nullable VirtualHost any;

  void add(String written, VirtualHost host, String routes) throws ConfigException {
    String domain = written.toLowerCase(Locale.ROOT);
    if (domain.equals("*")) {
      if (any != null) {
        throw new ConfigException("Only a single wildcard domain is permitted in route " + routes);
      }
      any = host;
      return;
    }
    boolean fresh;
    if (domain.startsWith("*")) {
      fresh = put(suffixes, domain.substring(1), host);
    } else if (domain.endsWith("*")) {
      fresh = put(prefixes, domain.substring(0, domain.length() - 1), host);
    } else {
      fresh = exact.putIfAbsent(domain, host) == null;
    }
    if (!fresh) {
      throw new ConfigException(
          "Only unique values for domains are permitted. Duplicate entry of domain "
              + domain
              + " in route "
              + routes);
    }
  }

  private static boolean put(
      Map<Integer, Map<String, VirtualHost>> byLength, String part, VirtualHost host) {
    return byLength
            .computeIfAbsent(part.length(), length -> new HashMap<>())
            .putIfAbsent(part, host)
        == null;
  }

  @Nullable VirtualHost find(String authority) {
    if (exact.isEmpty() && suffixes.isEmpty() && prefixes.isEmpty()) {
      return any;
    }
    String host = authority.toLowerCase(Locale.ROOT);
    VirtualHost found = exact.get(host);
    if (found != null) {
      return found;
    }
    for (Map.Entry<Integer, Map<String, VirtualHost>> entry : suffixes.entrySet()) {
      int length = entry.getKey();
      // The star stands for something.
      if (host.length() > length) {
        found = entry.getValue().get(host.substring(host.length() - length));
        if (found != null) {
          return found;
        }
      }
    }
    for (Map.Entry<Integer, Map<String, VirtualHost>> entry : prefixes.entrySet()) {
      int length = entry.getKey();
      if (host.length() > length) {
        found = entry.getValue().get(host.substring(0, length));
        if (found != null) {
          return found;
        }
      }
    }
    return any;
  }
}
