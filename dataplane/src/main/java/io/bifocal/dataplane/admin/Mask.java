package io.bifocal.dataplane.admin;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.FieldMask;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.bifocal.api.MessageTypes;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps what a field mask names and drops the rest. A path leads through single messages, and
 * through an {@code Any} into what it holds; it may end, but not go on, in a list.
 */
final class Mask {
  private Mask() {}

  /** The message cut down, or nothing when a path does not exist in it. */
  static Optional<Message> apply(FieldMask mask, Message message) {
    return apply(new LinkedHashSet<>(mask.getPathsList()), message);
  }

  private static Optional<Message> apply(Set<String> paths, Message message) {
    if (message instanceof Any any) {
      return insideOf(any, paths);
    }
    Map<String, Set<String>> byField = new LinkedHashMap<>();
    for (String path : paths) {
      int dot = path.indexOf('.');
      Set<String> rest =
          byField.computeIfAbsent(
              dot < 0 ? path : path.substring(0, dot), f -> new LinkedHashSet<>());
      if (dot >= 0) {
        rest.add(path.substring(dot + 1));
      }
    }
    Descriptor type = message.getDescriptorForType();
    Message.Builder kept = message.newBuilderForType();
    for (Map.Entry<String, Set<String>> entry : byField.entrySet()) {
      FieldDescriptor field = type.findFieldByName(entry.getKey());
      if (field == null) {
        return Optional.empty();
      }
      if (entry.getValue().isEmpty()) {
        if (field.isRepeated() || !field.hasPresence() || message.hasField(field)) {
          kept.setField(field, message.getField(field));
        }
        continue;
      }
      if (field.isRepeated() || field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
        return Optional.empty();
      }
      Optional<Message> inner = apply(entry.getValue(), (Message) message.getField(field));
      if (inner.isEmpty()) {
        return inner;
      }
      if (message.hasField(field)) {
        kept.setField(field, inner.get());
      }
    }
    return Optional.of(kept.build());
  }

  private static Optional<Message> insideOf(Any any, Set<String> paths) {
    if (any.getTypeUrl().isEmpty()) {
      return Optional.of(any); // it is not there in this one, and may be in the next
    }
    Optional<Message> prototype = MessageTypes.prototype(any.getTypeUrl());
    if (prototype.isEmpty()) {
      return Optional.empty();
    }
    try {
      Message inner = prototype.get().getParserForType().parseFrom(any.getValue());
      return apply(paths, inner)
          .map(
              m ->
                  Any.newBuilder().setTypeUrl(any.getTypeUrl()).setValue(m.toByteString()).build());
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }
}
