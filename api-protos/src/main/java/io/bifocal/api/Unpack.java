package io.bifocal.api;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.bifocal.api.constraint.WireCheck;
import io.bifocal.api.types.TypeDescriptors;
import java.util.List;

/** From an {@code Any} to a message that keeps its constraints. */
public final class Unpack {
  private Unpack() {}

  /**
   * A message that keeps its constraints.
   *
   * @param unknownFields what {@link UnknownFields#in} finds in it
   */
  public record Unpacked<T extends Message>(T value, List<String> unknownFields) {}

  /**
   * Decodes and checks.
   *
   * @param prototype the type expected
   * @throws ConfigException when the type differs or the bytes do not decode ({@code Unable to
   *     unpack as …}), or a constraint is broken ({@link Constraints#check})
   */
  public static <T extends Message> T as(T prototype, Any any) throws ConfigException {
    T message = parse(prototype, any);
    if (!WireCheck.passes(TypeDescriptors.of(prototype), any.getValue())) {
      Constraints.check(message);
    }
    return message;
  }

  /**
   * The same, with a look for fields that this build does not know.
   *
   * @throws ConfigException as {@link #as} does
   */
  public static <T extends Message> Unpacked<T> withUnknownFields(T prototype, Any any)
      throws ConfigException {
    T message = parse(prototype, any);
    if (WireCheck.passes(TypeDescriptors.of(prototype), any.getValue())) {
      return new Unpacked<>(message, List.of());
    }
    Constraints.check(message);
    return new Unpacked<>(message, UnknownFields.in(message));
  }

  private static <T extends Message> T parse(T prototype, Any any) throws ConfigException {
    String expected = TypeDescriptors.of(prototype).getFullName();
    if (!MessageTypes.nameOf(any.getTypeUrl()).equals(expected)) {
      String found = any.getTypeUrl().isEmpty() ? "an Any without a type" : any.getTypeUrl();
      throw new ConfigException("Unable to unpack as " + expected + ": " + found);
    }
    try {
      @SuppressWarnings("unchecked") // parsed by the prototype's parser
      T message = (T) prototype.getParserForType().parseFrom(any.getValue());
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException(
          "Unable to unpack as " + expected + ": " + any.getValue().size() + " bytes do not decode",
          e);
    }
  }
}
