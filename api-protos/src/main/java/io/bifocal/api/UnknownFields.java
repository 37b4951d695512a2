package io.bifocal.api;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Fields that came over the wire and are not in this build's API: newer, or not Envoy's. */
public final class UnknownFields {
  /** Enough for a log; a message of nothing else must not fill the memory. */
  private static final int MAX_PATHS = 100;

  private static final int MAX_DEPTH = 100;

  private static final Map<Descriptor, FieldDescriptor[]> MESSAGE_FIELDS =
      new ConcurrentHashMap<>();

  private final List<String> paths = new ArrayList<>();

  private UnknownFields() {}

  /**
   * Finds them, also inside an {@code Any} whose type is known.
   *
   * @return paths that end with the field's number, e.g. {@code endpoints[0].#42}; at most 100
   */
  public static List<String> in(Message message) {
    UnknownFields found = new UnknownFields();
    found.visit(message, Place.TOP, 0);
    return List.copyOf(found.paths);
  }

  private void visit(Message message, Place path, int depth) {
    for (int number : message.getUnknownFields().asMap().keySet()) {
      add(path, number);
    }
    if (depth == MAX_DEPTH || paths.size() == MAX_PATHS) {
      return;
    }
    if (message instanceof Any any) {
      visitAny(any, path, depth);
      return;
    }
    for (FieldDescriptor field : messageFields(message.getDescriptorForType())) {
      if (field.isRepeated()) {
        int i = 0;
        for (Object element : (List<?>) message.getField(field)) {
          visit((Message) element, path.index(field, i++), depth + 1);
        }
      } else if (message.hasField(field)) {
        visit((Message) message.getField(field), path.field(field), depth + 1);
      }
    }
  }

  private static FieldDescriptor[] messageFields(Descriptor type) {
    FieldDescriptor[] fields = MESSAGE_FIELDS.get(type);
    if (fields == null) {
      fields =
          type.getFields().stream()
              .filter(field -> field.getJavaType() == JavaType.MESSAGE)
              .toArray(FieldDescriptor[]::new);
      MESSAGE_FIELDS.put(type, fields);
    }
    return fields;
  }

  private void visitAny(Any any, Place path, int depth) {
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

  private void add(Place path, int number) {
    if (paths.size() < MAX_PATHS) {
      paths.add(path.text() + "#" + number);
    }
  }

  /** Where the visit is; becomes text only when something is found. */
  private record Place(@Nullable Place parent, @Nullable FieldDescriptor field, int index) {
    static final Place TOP = new Place(null, null, -1);

    Place field(FieldDescriptor child) {
      return new Place(this, child, -1);
    }

    Place index(FieldDescriptor child, int i) {
      return new Place(this, child, i);
    }

    String text() {
      if (parent == null || field == null) {
        return "";
      }
      return parent.text() + field.getName() + (index < 0 ? "." : "[" + index + "].");
    }
  }
}
