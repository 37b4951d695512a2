package io.bifocal.xds.internal.resource;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the last good response of a type said, by its bytes. A state-of-the-world server says all
 * again when one thing changes; so only that one is parsed and checked, and of the others the
 * watchers get the very message that they have.
 */
final class Familiar<T extends Message> {
  private Map<ByteString, Known<T>> last = Map.of();

  /**
   * A resource as it was read.
   *
   * @param unknownFields for people; empty when there are none
   */
  record Known<T extends Message>(T value, String unknownFields) {}

  @Nullable Known<T> get(ByteString bytes) {
    return last.get(bytes);
  }

  /** From now on it is this; what is not in it is forgotten. */
  void replace(Map<ByteString, Known<T>> said) {
    last = said;
  }
}
