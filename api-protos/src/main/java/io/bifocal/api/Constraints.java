package io.bifocal.api;

import com.google.protobuf.Message;

/** The {@code validate.rules} of Envoy's API, checked by reflection. */
public final class Constraints {
  private Constraints() {}

  /**
   * Checks a message and its embedded messages (not what an {@code Any} holds).
   *
   * @throws ConfigException in Envoy's words: {@code Proto constraint validation failed (…)}
   */
  public static void check(Message message) throws ConfigException {}
}
