package io.bifocal.dataplane.http.filter.rbac;

import com.google.protobuf.Descriptors.Descriptor;
import io.bifocal.api.ConfigException;
import io.bifocal.api.MessageTypes;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;

/** What conditions may be extended by: of each kind there is one. */
final class Extensions {
  private Extensions() {}

  /**
   * Looks whether an extension is of a type.
   *
   * @throws ConfigException in Envoy's words when it is not
   */
  static void require(Descriptor type, TypedExtensionConfig config) throws ConfigException {
    String found = MessageTypes.nameOf(config.getTypedConfig().getTypeUrl());
    if (!found.equals(type.getFullName())) {
      throw new ConfigException(
          "Didn't find a registered implementation for '%s' with type URL: '%s'"
              .formatted(config.getName(), found));
    }
  }
}
