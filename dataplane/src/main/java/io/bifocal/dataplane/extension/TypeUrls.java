package io.bifocal.dataplane.extension;

import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import java.util.List;
import java.util.function.Predicate;

/** {@code ExtensionConfigSource.type_urls}: what a discovered configuration may be. */
record TypeUrls(List<String> urls) {
  TypeUrls {
    urls = List.copyOf(urls);
  }

  /**
   * Checks them.
   *
   * @param words what Envoy calls the kind of factory, with a blank behind it; or empty
   */
  static TypeUrls of(List<String> urls, Predicate<String> known, String words)
      throws ConfigException {
    for (String url : urls) {
      if (!known.test(url)) {
        throw new ConfigException(
            "Error: no %sfactory found for a required type URL %s."
                .formatted(words, MessageTypes.nameOf(url)));
      }
    }
    return new TypeUrls(urls);
  }

  boolean contains(String url) {
    return urls.stream().anyMatch(u -> MessageTypes.nameOf(u).equals(MessageTypes.nameOf(url)));
  }

  void check(String url) throws ConfigException {
    if (!contains(url)) {
      throw new ConfigException(
          "Error: filter config has type URL %s but expect %s."
              .formatted(
                  MessageTypes.nameOf(url),
                  String.join(", ", urls.stream().map(MessageTypes::nameOf).sorted().toList())));
    }
  }
}
