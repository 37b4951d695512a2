package io.bifocal.api.constraint;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import org.jspecify.annotations.Nullable;

/** Checks one field of a message. */
@FunctionalInterface
interface FieldCheck {
  /** The violation in full, beginning with the message's and the field's name, or null. */
  @Nullable String violation(Message message);

  /** {@code LbEndpointValidationError.HealthStatus}, the beginning of every text about a field. */
  static String subject(FieldDescriptor field) {
    return field.getContainingType().getName() + "ValidationError." + camelCase(field.getName());
  }

  /** Go's: an underscore before a lower-case letter goes, and the letter grows. */
  private static String camelCase(String name) {
    StringBuilder camel = new StringBuilder(name.length());
    boolean grow = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '_' && i + 1 < name.length() && Character.isLowerCase(name.charAt(i + 1))) {
        grow = true;
      } else {
        camel.append(grow ? Character.toUpperCase(c) : c);
        grow = Character.isDigit(c);
      }
    }
    return camel.toString();
  }
}
