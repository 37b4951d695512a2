package io.bifocal.api;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;

/** From an {@code Any} to a message that keeps its constraints. */
public final class Unpack {
  private Unpack() {}

  /**
   * Decodes and checks.
   *
   * @param prototype the type expected
   * @throws ConfigException when the type differs or the bytes do not decode ({@code Unable to
   *     unpack as …}), or a constraint is broken ({@link Constraints#check})
   */
  public static <T extends Message> T as(T prototype, Any any) throws ConfigException {
    String expected = prototype.getDescriptorForType().getFullName();
    if (!MessageTypes.nameOf(any.getTypeUrl()).equals(expected)) {
      String found = any.getTypeUrl().isEmpty() ? "an Any without a type" : any.getTypeUrl();
      throw new ConfigException("Unable to unpack as " + expected + ": " + found);
    }
    Message message;
    try {
      message = prototype.getParserForType().parseFrom(any.getValue());
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException(
          "Unable to unpack as " + expected + ": " + any.getValue().size() + " bytes do not decode",
          e);
    }
    Constraints.check(message);
    @SuppressWarnings("unchecked") // parsed by the prototype's parser
    T typed = (T) message;
    return typed;
  }
}
