package io.bifocal.dataplane.http.route;

import com.google.protobuf.Any;
import io.bifocal.api.ConfigException;

/** Extensions of routes, told apart by their messages' types. */
final class Extensions {
  private Extensions() {}

  /** The full name of the message. */
  static String type(Any any) {
    String url = any.getTypeUrl();
    return url.substring(url.lastIndexOf('/') + 1);
  }

  static ConfigException unknown(String name, Any any) {
    return new ConfigException(
        "Didn't find a registered implementation for '%s' with type URL: '%s'"
            .formatted(name, type(any)));
  }
}
