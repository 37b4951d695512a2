package io.bifocal.api.tree;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.FieldMask;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.FieldMaskUtil;
import com.google.protobuf.util.Timestamps;
import io.bifocal.api.tree.Node.Entry;
import io.bifocal.api.tree.Node.Kind;
import io.bifocal.api.tree.Node.Mapping;
import io.bifocal.api.tree.Node.Scalar;
import io.bifocal.api.tree.Node.Sequence;
import java.text.ParseException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The types of {@code google.protobuf} that are written in their own way. */
final class WellKnown {
  private static final Set<String> WRAPPERS =
      Set.of(
          "google.protobuf.BoolValue",
          "google.protobuf.BytesValue",
          "google.protobuf.DoubleValue",
          "google.protobuf.FloatValue",
          "google.protobuf.Int32Value",
          "google.protobuf.Int64Value",
          "google.protobuf.StringValue",
          "google.protobuf.UInt32Value",
          "google.protobuf.UInt64Value");

  private WellKnown() {}

  static boolean isWrapper(Descriptor type) {
    return WRAPPERS.contains(type.getFullName());
  }

  /** An own way of writing for something that is no object, or takes any object. */
  static boolean isSpecial(Descriptor type) {
    return isWrapper(type)
        || switch (type.getFullName()) {
          case "google.protobuf.Any",
              "google.protobuf.Duration",
              "google.protobuf.FieldMask",
              "google.protobuf.ListValue",
              "google.protobuf.Struct",
              "google.protobuf.Timestamp",
              "google.protobuf.Value" ->
              true;
          default -> false;
        };
  }

  /** Null if the type is written like any other, as far as this node is concerned. */
  static @Nullable Message read(Descriptor type, Node node, Path path) throws TreeException {
    return switch (type.getFullName()) {
      case "google.protobuf.Struct" -> struct(node, path);
      case "google.protobuf.ListValue" -> list(node, path);
      case "google.protobuf.Value" -> value(node, path);
      default ->
          node instanceof Scalar scalar && scalar.kind() == Kind.STRING
              ? text(type, scalar, path)
              : null;
    };
  }

  private static @Nullable Message text(Descriptor type, Scalar scalar, Path path)
      throws TreeException {
    try {
      return switch (type.getFullName()) {
        case "google.protobuf.Duration" -> duration(scalar.text());
        case "google.protobuf.Timestamp" -> timestamp(scalar.text());
        case "google.protobuf.FieldMask" -> fieldMask(scalar.text());
        default -> null;
      };
    } catch (ParseException | IllegalArgumentException e) {
      String shape =
          switch (type.getName()) {
            case "Duration" -> "a duration such as 0.250s";
            case "Timestamp" -> "a time such as 2026-01-31T00:00:00Z";
            default -> "paths with commas between them";
          };
      throw path.wrong(scalar, "expected " + shape + ", found '" + scalar.text() + "'");
    }
  }

  private static Duration duration(String text) throws ParseException {
    return Durations.parse(text);
  }

  private static Timestamp timestamp(String text) throws ParseException {
    return Timestamps.parse(text);
  }

  private static FieldMask fieldMask(String text) {
    return FieldMaskUtil.fromJsonString(text);
  }

  private static Struct struct(Node node, Path path) throws TreeException {
    if (!(node instanceof Mapping mapping)) {
      throw path.wrong(node, "expected an object, found " + node.described());
    }
    Struct.Builder struct = Struct.newBuilder();
    for (Entry entry : mapping.entries()) {
      struct.putFields(entry.key(), value(entry.value(), path.field(entry.key())));
    }
    return struct.build();
  }

  private static ListValue list(Node node, Path path) throws TreeException {
    if (!(node instanceof Sequence sequence)) {
      throw path.wrong(node, "expected a list, found " + node.described());
    }
    ListValue.Builder list = ListValue.newBuilder();
    for (int i = 0; i < sequence.items().size(); i++) {
      list.addValues(value(sequence.items().get(i), path.index(i)));
    }
    return list.build();
  }

  private static Value value(Node node, Path path) throws TreeException {
    if (path.depth() > YamlTree.MAX_DEPTH) {
      throw path.wrong(node, "nested deeper than " + YamlTree.MAX_DEPTH + " levels");
    }
    Value.Builder value = Value.newBuilder();
    if (node instanceof Mapping) {
      return value.setStructValue(struct(node, path)).build();
    }
    if (node instanceof Sequence) {
      return value.setListValue(list(node, path)).build();
    }
    Scalar scalar = (Scalar) node;
    return switch (scalar.kind()) {
      case NULL -> value.setNullValue(NullValue.NULL_VALUE).build();
      case BOOL -> value.setBoolValue(Boolean.parseBoolean(scalar.text())).build();
      case NUMBER -> value.setNumberValue(Double.parseDouble(scalar.text())).build();
      case STRING -> value.setStringValue(scalar.text()).build();
    };
  }
}
