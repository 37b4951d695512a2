package io.bifocal.dataplane.admin;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import com.google.re2j.Pattern;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps those elements of a section's lists whose resource has a name that matches. */
final class NamedElements {
  /** The name's field in clusters, listeners, load assignments, routes and secrets alike. */
  private static final int NAME = 1;

  private NamedElements() {}

  static Message keep(Message section, Pattern name) {
    Message.Builder kept = section.toBuilder();
    for (FieldDescriptor field : lists(section)) {
      kept.clearField(field);
      for (int i = 0; i < section.getRepeatedFieldCount(field); i++) {
        Message element = (Message) section.getRepeatedField(field, i);
        if (isSet(element)) {
          kept.addRepeatedField(field, keep(element, name));
        } else if (matches(element, name)) {
          kept.addRepeatedField(field, element);
        }
      }
    }
    return kept.build();
  }

  private static List<FieldDescriptor> lists(Message message) {
    return message.getDescriptorForType().getFields().stream()
        .filter(f -> f.isRepeated() && f.getJavaType() == FieldDescriptor.JavaType.MESSAGE)
        .toList();
  }

  // A set of scopes is always there; of its scopes, those that match.
  private static boolean isSet(Message element) {
    return lists(element).stream().anyMatch(f -> f.getMessageType().equals(Any.getDescriptor()));
  }

  private static boolean matches(Message element, Pattern name) {
    String its = element instanceof Any any ? nameIn(any) : nameOf(element);
    return its == null || name.matches(its);
  }

  private static @Nullable String nameOf(Message element) {
    for (FieldDescriptor field : element.getDescriptorForType().getFields()) {
      if (field.getName().equals("name") && !field.isRepeated()) {
        return (String) element.getField(field);
      }
    }
    for (Object value : element.getAllFields().values()) {
      if (value instanceof Any any) {
        return nameIn(any);
      }
    }
    return null;
  }

  private static @Nullable String nameIn(Any any) {
    try {
      List<com.google.protobuf.ByteString> names =
          UnknownFieldSet.parseFrom(any.getValue()).getField(NAME).getLengthDelimitedList();
      return names.isEmpty() ? "" : names.get(names.size() - 1).toStringUtf8();
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }
}
