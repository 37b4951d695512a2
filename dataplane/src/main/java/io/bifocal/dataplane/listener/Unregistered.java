package io.bifocal.dataplane.listener;

/** What Envoy says of an extension that it does not have. */
final class Unregistered {
  private static final String PREFIX = "type.googleapis.com/";

  private Unregistered() {}

  static String text(String name, String typeUrl) {
    String type = typeUrl.startsWith(PREFIX) ? typeUrl.substring(PREFIX.length()) : typeUrl;
    return "Didn't find a registered implementation for '%s' with type URL: '%s'"
        .formatted(name, type);
  }
}
