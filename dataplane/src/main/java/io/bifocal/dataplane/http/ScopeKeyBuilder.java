package io.bifocal.dataplane.http;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.http.codec.RequestHead;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Makes the key of a request's scope out of its headers, a fragment from each.
 *
 * <p>Source: {@code ScopedRoutes.ScopeKeyBuilder}.
 */
record ScopeKeyBuilder(List<Fragment> fragments) {
  ScopeKeyBuilder {
    fragments = List.copyOf(fragments);
  }

  static ScopeKeyBuilder of(List<FragmentBuilder> builders) throws ConfigException {
    List<Fragment> fragments = new ArrayList<>();
    for (FragmentBuilder builder : builders) {
      fragments.add(Fragment.of(builder.getHeaderValueExtractor()));
    }
    return new ScopeKeyBuilder(fragments);
  }

  /** The key, or null when a fragment is not there. */
  @Nullable List<String> key(RequestHead head) {
    List<String> key = new ArrayList<>(fragments.size());
    for (int i = 0; i < fragments.size(); i++) {
      String fragment = fragments.get(i).of(head);
      if (fragment == null) {
        return null;
      }
      key.add(fragment);
    }
    return key;
  }

  /**
   * One fragment: an element of a header's first value.
   *
   * @param header in lower case
   * @param separator between elements; empty when the value is one
   * @param key of the element {@code key<keySeparator>value}; null to take the element at {@code
   *     index}
   */
  record Fragment(
      String header, String separator, @Nullable String key, String keySeparator, int index) {

    static Fragment of(HeaderValueExtractor config) throws ConfigException {
      String header = config.getName().toLowerCase(Locale.ROOT);
      String separator = config.getElementSeparator();
      return switch (config.getExtractTypeCase()) {
        case INDEX -> {
          if (config.getIndex() != 0 && separator.isEmpty()) {
            throw refused(config, "Index > 0 for empty string element separator.");
          }
          yield new Fragment(header, separator, null, "", config.getIndex());
        }
        case ELEMENT ->
            new Fragment(
                header,
                separator,
                config.getElement().getKey(),
                config.getElement().getSeparator(),
                0);
        case EXTRACTTYPE_NOT_SET ->
            throw refused(config, "HeaderValueExtractor extract_type not set.");
      };
    }

    private static ConfigException refused(HeaderValueExtractor config, String reason) {
      return new ConfigException(
          "header_value_extractor '%s': Proto constraint validation failed (%s)"
              .formatted(config.getName(), reason));
    }

    @Nullable String of(RequestHead head) {
      String value = value(head);
      if (value == null) {
        return null;
      }
      int number = 0;
      for (int start = 0; start <= value.length(); number++) {
        int end = separator.isEmpty() ? -1 : value.indexOf(separator, start);
        String element = value.substring(start, end < 0 ? value.length() : end);
        String found = key == null ? (number == index ? element : null) : under(key, element);
        if (found != null) {
          return found;
        }
        start = end < 0 ? value.length() + 1 : end + separator.length();
      }
      return null;
    }

    private @Nullable String under(String wanted, String element) {
      int at = element.indexOf(keySeparator);
      String name = at < 0 ? element : element.substring(0, at);
      if (!name.equals(wanted)) {
        return null;
      }
      return at < 0 ? "" : element.substring(at + keySeparator.length());
    }

    private @Nullable String value(RequestHead head) {
      return switch (header) {
        case "host", ":authority" -> head.authority;
        case ":path" -> head.path;
        case ":method" -> head.method;
        default -> head.headers.get(header);
      };
    }
  }
}
