package io.bifocal.dataplane.http.route;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import io.bifocal.api.ConfigException;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;

/** Extensions of routes, told apart by their messages' types. */
public final class Extensions {
  private Extensions() {}

  /** The full name of the message. */
  static String type(Any any) {
    String url = any.getTypeUrl();
    return url.substring(url.lastIndexOf('/') + 1);
  }

  /**
   * Looks whether an extension is of the only type that can stand in its place.
   *
   * @throws ConfigException in Envoy's words when it is not
   */
  public static void require(Descriptor type, TypedExtensionConfig config) throws ConfigException {
    if (!type(config.getTypedConfig()).equals(type.getFullName())) {
      throw unknown(config.getName(), config.getTypedConfig());
    }
  }

  static ConfigException unknown(String name, Any any) {
    return new ConfigException(
        "Didn't find a registered implementation for '%s' with type URL: '%s'"
            .formatted(name, type(any)));
  }
}
