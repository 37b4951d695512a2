package io.bifocal.api;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import io.bifocal.api.types.ClassNames;
import io.bifocal.api.types.TypeDescriptors;
import java.util.Optional;

/**
 * The message types of Envoy's API by name or type URL, each loaded when it is first asked for: the
 * whole API costs most of a second, a usual configuration needs a fraction of it. Safe for use by
 * any thread.
 */
public final class MessageTypes {
  private static final String PREFIX = "type.googleapis.com/";

  private MessageTypes() {}

  /** What follows the last slash; all of the text where there is none. */
  public static String nameOf(String typeUrl) {
    return typeUrl.substring(typeUrl.lastIndexOf('/') + 1);
  }

  /** What a control plane calls a type. */
  public static String url(Descriptor type) {
    return PREFIX + type.getFullName();
  }

  /** The prototype, e.g. for {@code type.googleapis.com/envoy.config.cluster.v3.Cluster}. */
  public static Optional<Message> prototype(String typeUrl) {
    return Optional.ofNullable(ClassNames.prototype(nameOf(typeUrl)));
  }

  /** The type of a message. */
  public static Descriptor of(Message message) {
    return TypeDescriptors.of(message);
  }

  /** Whether a message of a type is packed. */
  public static boolean is(Any any, Descriptor type) {
    return nameOf(any.getTypeUrl()).equals(type.getFullName());
  }

  /** The type that a URL names. */
  public static Optional<Descriptor> descriptor(String typeUrl) {
    return prototype(typeUrl).map(TypeDescriptors::of);
  }
}
