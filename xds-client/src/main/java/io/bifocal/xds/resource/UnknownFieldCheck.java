package io.bifocal.xds.resource;

import com.google.protobuf.Message;

/** Which fields of a message this build does not know, as text for people; empty when none. */
final class UnknownFieldCheck {
  private UnknownFieldCheck() {}

  static String paths(Message message) {
    return message.getUnknownFields().asMap().isEmpty()
        ? ""
        : "field numbers " + message.getUnknownFields().asMap().keySet();
  }
}
