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
   * @throws ConfigException when the type differs, the bytes do not decode, or a constraint is
   *     broken
   */
  public static <T extends Message> T as(T prototype, Any any) throws ConfigException {
    try {
      @SuppressWarnings("unchecked")
      T message = (T) prototype.getParserForType().parseFrom(any.getValue());
      Constraints.check(message);
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException(
          "Unable to unpack as " + prototype.getDescriptorForType().getFullName(), e);
    }
  }
}
