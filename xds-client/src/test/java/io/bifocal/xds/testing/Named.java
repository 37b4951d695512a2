package io.bifocal.xds.testing;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;

/**
 * A resource with the name that the delta dialect calls it by; {@code message} may be anything at
 * all.
 */
public record Named(String name, Any message) {

  /** A resource under its own name. */
  public static <T extends Message> Named of(ResourceType<T> type, T resource) {
    return new Named(type.nameOf().apply(resource), Any.pack(resource));
  }
}
