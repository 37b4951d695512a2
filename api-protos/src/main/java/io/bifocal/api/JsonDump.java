package io.bifocal.api;

import com.google.protobuf.Message;
import io.bifocal.api.json.ListJson;
import io.bifocal.api.json.MessageJson;
import java.util.Iterator;

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

  /**
   * What {@link #print} gives for a message that is one list, in pieces: what is printed is made
   * and redacted when it is asked for.
   *
   * @param name the list's
   * @param elements redacted part by part: none may be of a type whose fields say of one another
   *     what is secret, as those of a {@code TypedStruct} do
   */
  public static Iterator<String> list(String name, Iterator<? extends Message> elements) {
    return ListJson.print(name, elements, false, Redaction::of);
  }

  /** The same for a list of {@code Any} in which these are. */
  public static Iterator<String> listOfAny(String name, Iterator<? extends Message> elements) {
    return ListJson.print(name, elements, true, Redaction::of);
  }
}
