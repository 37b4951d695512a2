package io.bifocal.api;

import com.google.protobuf.Any;
import com.google.protobuf.Message;

/** Extensions, which are told apart by the types of their configurations: names are free text. */
public final class Extensions {
  private Extensions() {}

  /**
   * The configuration of an extension in whose place only one type can stand.
   *
   * @throws ConfigException in Envoy's words when it is of another, or as {@link Unpack#as} does
   */
  public static <T extends Message> T only(T prototype, String name, Any config)
      throws ConfigException {
    if (!MessageTypes.is(config, MessageTypes.of(prototype))) {
      throw unregistered(name, config);
    }
    return Unpack.as(prototype, config);
  }

  /** What Envoy says of an extension that it does not have. */
  public static ConfigException unregistered(String name, Any config) {
    return new ConfigException(
        "Didn't find a registered implementation for '%s' with type URL: '%s'"
            .formatted(name, MessageTypes.nameOf(config.getTypeUrl())));
  }
}
