package io.bifocal.api;

import com.google.protobuf.Message;
import io.bifocal.api.constraint.MessageCheck;
import io.bifocal.api.constraint.ViolatedField;

/** The {@code validate.rules} of Envoy's API, checked by reflection. Safe for use by any thread. */
public final class Constraints {
  private Constraints() {}

  /**
   * Checks a message and its embedded messages (not what an {@code Any} holds).
   *
   * @throws ConfigException in Envoy's words, without its dump of the message: {@code Invalid
   *     duration: …} if any duration is negative, {@code Proto constraint validation failed (…)}
   *     for the first rule that is broken, with its {@link ConfigException#fieldPath}
   */
  public static void check(Message message) throws ConfigException {
    String violation = MessageCheck.of(message.getDescriptorForType()).violation(message);
    if (violation == null) {
      return;
    }
    String duration = MessageCheck.invalidDuration(message);
    if (duration != null) {
      throw new ConfigException(duration);
    }
    throw ConfigException.at(
        ViolatedField.path(message.getDescriptorForType(), violation),
        "Proto constraint validation failed (" + violation + ")");
  }
}
