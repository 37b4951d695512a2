package io.bifocal.api;

import com.google.protobuf.Message;
import io.bifocal.api.json.MessageJson;

/**
 * Messages as the JSON that Envoy's admin prints: snake case, one space of indent, what has its
 * default left out, secrets redacted.
 */
public final class JsonDump {
  private JsonDump() {}

  /**
   * Prints; an {@code Any} of a type that is not known is printed as its type and its bytes in
   * base64. Ends with a line feed.
   */
  public static String print(Message message) {
    return MessageJson.print(Redaction.of(message));
  }
}
