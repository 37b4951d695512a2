package io.bifocal.api.json;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.FieldMask;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.FieldMaskUtil;
import io.bifocal.api.types.ClassNames;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Prints by the descriptor. Never fails: an {@code Any} that cannot be opened and a duration out of
 * range are printed as what they hold.
 */
public final class MessageJson {
  /**
   * An {@code Any} deeper than this stays closed: they can be packed into one another endlessly.
   */
  private static final int MAX_DEPTH = 100;

  final JsonText out = new JsonText();
  int depth;

  MessageJson() {}

  public static String print(Message message) {
    MessageJson json = new MessageJson();
    json.message(message);
    return json.out.take() + "\n";
  }

  private void message(Message message) {
    depth++;
    if (message instanceof Any any) {
      any(any);
    } else if (!special(message)) {
      out.open('{');
      fields(message);
      out.close('}');
    }
    depth--;
  }

  /** Types that are not printed as objects of their fields. */
  private boolean special(Message message) {
    Descriptor type = message.getDescriptorForType();
    switch (type.getFullName()) {
      case "google.protobuf.Duration", "google.protobuf.Timestamp" -> {
        String text = TimeText.of(message);
        if (text == null) {
          return false;
        }
        out.string(text);
      }
      case "google.protobuf.FieldMask" -> {
        if (!(message instanceof FieldMask mask)) {
          return false;
        }
        out.string(FieldMaskUtil.toJsonString(mask));
      }
      case "google.protobuf.Struct" -> {
        out.open('{');
        map(message, type.findFieldByNumber(1));
        out.close('}');
      }
      case "google.protobuf.ListValue" -> list(message, type.findFieldByNumber(1));
      case "google.protobuf.Value" -> {
        FieldDescriptor kind = message.getOneofFieldDescriptor(type.getOneofs().get(0));
        if (kind == null) {
          out.raw("null");
        } else {
          value(kind, message.getField(kind));
        }
      }
      default -> {
        if (!isWrapper(type)) {
          return false;
        }
        FieldDescriptor only = type.findFieldByNumber(1);
        value(only, message.getField(only));
      }
    }
    return true;
  }

  private static boolean isWrapper(Descriptor type) {
    return type.getFile().getFullName().equals("google/protobuf/wrappers.proto");
  }

  void fields(Message message) {
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      out.key(field.getName());
      if (field.isMapField()) {
        out.open('{');
        map(message, field);
        out.close('}');
      } else if (field.isRepeated()) {
        list(message, field);
      } else {
        value(field, entry.getValue());
      }
    }
  }

  private void list(Message message, FieldDescriptor field) {
    out.open('[');
    for (Object element : (List<?>) message.getField(field)) {
      out.item();
      value(field, element);
    }
    out.close(']');
  }

  /** Sorted, so that two dumps of the same configuration are the same text. */
  private void map(Message message, FieldDescriptor field) {
    FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
    List<Message> entries = new ArrayList<>();
    for (Object entry : (List<?>) message.getField(field)) {
      entries.add((Message) entry);
    }
    entries.sort(Comparator.comparing(entry -> key(key, entry.getField(key))));
    for (Message entry : entries) {
      out.key(key(key, entry.getField(key)));
      value(value, entry.getField(value));
    }
  }

  private static String key(FieldDescriptor field, Object key) {
    return switch (field.getType()) {
      case UINT32, FIXED32 -> Integer.toUnsignedString((Integer) key);
      case UINT64, FIXED64 -> Long.toUnsignedString((Long) key);
      default -> key.toString();
    };
  }

  void value(FieldDescriptor field, Object value) {
    switch (field.getType()) {
      case BOOL, INT32, SINT32, SFIXED32 -> out.raw(value.toString());
      case UINT32, FIXED32 -> out.raw(Integer.toUnsignedString((Integer) value));
      case INT64, SINT64, SFIXED64 -> out.string(value.toString());
      case UINT64, FIXED64 -> out.string(Long.toUnsignedString((Long) value));
      case FLOAT -> out.number(value.toString(), (Float) value);
      case DOUBLE -> out.number(value.toString(), (Double) value);
      case STRING -> out.string((String) value);
      case BYTES -> out.string(base64((ByteString) value));
      case ENUM -> enumValue((EnumValueDescriptor) value);
      case MESSAGE, GROUP -> message((Message) value);
    }
  }

  private static String base64(ByteString bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private void enumValue(EnumValueDescriptor value) {
    if (value.getType().getFullName().equals("google.protobuf.NullValue")) {
      out.raw("null");
    } else if (value.getIndex() < 0) {
      out.raw(Integer.toString(value.getNumber()));
    } else {
      out.string(value.getName());
    }
  }

  private void any(Any any) {
    out.open('{');
    if (!any.getTypeUrl().isEmpty()) {
      out.key("@type");
      out.string(any.getTypeUrl());
    }
    Message inner = depth > MAX_DEPTH ? null : open(any);
    if (inner == null) {
      if (!any.getValue().isEmpty()) {
        out.key("value");
        out.string(base64(any.getValue()));
      }
    } else if (isObject(inner)) {
      depth++;
      fields(inner);
      depth--;
    } else {
      out.key("value");
      message(inner);
    }
    out.close('}');
  }

  private static boolean isObject(Message message) {
    return switch (message.getDescriptorForType().getFullName()) {
      case "google.protobuf.Any",
          "google.protobuf.Duration",
          "google.protobuf.FieldMask",
          "google.protobuf.ListValue",
          "google.protobuf.Struct",
          "google.protobuf.Timestamp",
          "google.protobuf.Value" ->
          false;
      default -> !isWrapper(message.getDescriptorForType());
    };
  }

  private static @Nullable Message open(Any any) {
    String url = any.getTypeUrl();
    Message prototype = ClassNames.prototype(url.substring(url.lastIndexOf('/') + 1));
    if (prototype == null) {
      return null;
    }
    try {
      return Objects.requireNonNull(prototype.getParserForType().parseFrom(any.getValue()));
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }
}
