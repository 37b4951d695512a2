package io.bifocal.api;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Fields that came over the wire and are not in this build's API: newer, or not Envoy's. */
public final class UnknownFields {
  /** Enough for a log; a message of nothing else must not fill the memory. */
  private static final int MAX_PATHS = 100;

  private static final int MAX_DEPTH = 100;

  private final List<String> paths = new ArrayList<>();

  private UnknownFields() {}

  /**
   * Finds them, also inside an {@code Any} whose type is known.
   *
   * @return paths that end with the field's number, e.g. {@code endpoints[0].#42}; at most 100
   */
  public static List<String> in(Message message) {
    UnknownFields found = new UnknownFields();
    found.visit(message, "", 0);
    return List.copyOf(found.paths);
  }

  private void visit(Message message, String path, int depth) {
    for (int number : message.getUnknownFields().asMap().keySet()) {
      add(path + "#" + number);
    }
    if (depth == MAX_DEPTH || paths.size() == MAX_PATHS) {
      return;
    }
    if (message instanceof Any any) {
      visitAny(any, path, depth);
      return;
    }
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      if (field.getJavaType() != JavaType.MESSAGE) {
        continue;
      }
      String name = path + field.getName();
      if (field.isRepeated()) {
        int i = 0;
        for (Object element : (List<?>) entry.getValue()) {
          visit((Message) element, name + "[" + i++ + "].", depth + 1);
        }
      } else {
        visit((Message) entry.getValue(), name + ".", depth + 1);
      }
    }
  }

  private void visitAny(Any any, String path, int depth) {
    Message prototype = MessageTypes.prototype(any.getTypeUrl()).orElse(null);
    ByteString bytes = any.getValue();
    if (prototype == null || bytes.isEmpty()) {
      return;
    }
    try {
      visit(prototype.getParserForType().parseFrom(bytes), path, depth + 1);
    } catch (InvalidProtocolBufferException e) {
      // Whoever unpacks it will refuse it.
      return;
    }
  }

  private void add(String path) {
    if (paths.size() < MAX_PATHS) {
      paths.add(path);
    }
  }
}
