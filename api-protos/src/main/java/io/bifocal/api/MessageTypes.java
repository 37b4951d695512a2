package io.bifocal.api;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import io.bifocal.api.types.ClassNames;
import java.util.Optional;

/**
 * The message types of Envoy's API by name or type URL, each loaded when it is first asked for: the
 * whole API costs most of a second, a usual configuration needs a fraction of it. Safe for use by
 * any thread.
 */
public final class MessageTypes {
  private MessageTypes() {}

  /** What follows the last slash; all of the text where there is none. */
  public static String nameOf(String typeUrl) {
    return typeUrl.substring(typeUrl.lastIndexOf('/') + 1);
  }

  /** The prototype, e.g. for {@code type.googleapis.com/envoy.config.cluster.v3.Cluster}. */
  public static Optional<Message> prototype(String typeUrl) {
    return Optional.ofNullable(ClassNames.prototype(nameOf(typeUrl)));
  }

  public static Optional<Descriptor> descriptor(String typeUrl) {
    return prototype(typeUrl).map(Message::getDescriptorForType);
  }
}
