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
import udpa.annotations.Sensitive;

/**
 * Secrets taken out before anything is shown: strings and bytes of fields that the API marks {@code
 * udpa.annotations.sensitive}, and all beneath such a field, become {@code [redacted]}; other
 * scalars are cleared.
 */
public final class Redaction {
  private static final String REDACTED = "[redacted]";
  private static final ByteString REDACTED_BYTES = ByteString.copyFromUtf8(REDACTED);

  /** An {@code Any} deeper than this is hidden: they can be packed into one another endlessly. */
  private static final int MAX_DEPTH = 100;

  private Redaction() {}

  /**
   * A copy without secrets; also inside an {@code Any} whose type is known. One that does not
   * decode is hidden as a whole.
   */
  public static Message of(Message message) {
    return redact(message, false, 0);
  }

  private static Message redact(Message message, boolean beneathSensitive, int depth) {
    if (message instanceof Any any) {
      return redactAny(any, beneathSensitive, depth);
    }
    if (TypedStructs.isOne(message)) {
      return redactTypedStruct(message, beneathSensitive, depth);
    }
    return redactFields(message, beneathSensitive, depth);
  }

  private static Message redactFields(Message message, boolean beneathSensitive, int depth) {
    Message.Builder copy = null;
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      boolean sensitive = beneathSensitive || isSensitive(field);
      if (!sensitive && field.getJavaType() != JavaType.MESSAGE) {
        continue;
      }
      copy = copy == null ? message.toBuilder() : copy;
      if (sensitive && clears(field)) {
        copy.clearField(field);
      } else if (field.isRepeated()) {
        List<Object> values = new ArrayList<>();
        for (Object element : (List<?>) entry.getValue()) {
          values.add(
              field.isMapField()
                  ? pair((Message) element, sensitive, depth)
                  : shown(element, sensitive, depth));
        }
        copy.setField(field, values);
      } else {
        copy.setField(field, shown(entry.getValue(), sensitive, depth));
      }
    }
    return copy == null ? message : copy.build();
  }

  private static boolean isSensitive(FieldDescriptor field) {
    return field.getOptions().getExtension(Sensitive.sensitive);
  }

  /** Numbers, booleans and enums have no text to put in their place. */
  private static boolean clears(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE, STRING, BYTE_STRING -> false;
      default -> true;
    };
  }

  private static Object shown(Object value, boolean sensitive, int depth) {
    if (value instanceof Message message) {
      return redact(message, sensitive, depth + 1);
    }
    return value instanceof ByteString ? REDACTED_BYTES : REDACTED;
  }

  /** A map's keys stay: without them its entries could not be told apart. */
  private static Message pair(Message entry, boolean sensitive, int depth) {
    FieldDescriptor field = entry.getDescriptorForType().findFieldByNumber(2);
    if (field.getJavaType() != JavaType.MESSAGE && !sensitive) {
      return entry;
    }
    Message.Builder copy = entry.toBuilder();
    return clears(field)
        ? copy.clearField(field).build()
        : copy.setField(field, shown(entry.getField(field), sensitive, depth)).build();
  }

  private static Any redactAny(Any any, boolean sensitive, int depth) {
    if (depth > MAX_DEPTH) {
      return hidden(any);
    }
    Message prototype = MessageTypes.prototype(any.getTypeUrl()).orElse(null);
    if (prototype != null) {
      try {
        Message inner = prototype.getParserForType().parseFrom(any.getValue());
        return any.toBuilder().setValue(redact(inner, sensitive, depth + 1).toByteString()).build();
      } catch (InvalidProtocolBufferException e) {
        return hidden(any);
      }
    }
    return sensitive ? hidden(any) : any;
  }

  /** Its fields carry no marks; those of the type that it names do. */
  private static Message redactTypedStruct(Message message, boolean sensitive, int depth) {
    if (depth > MAX_DEPTH) {
      return redactFields(message, true, depth);
    }
    Message prototype = TypedStructs.prototype(message);
    if (prototype == null) {
      return redactFields(message, sensitive, depth);
    }
    try {
      Message redacted = redact(TypedStructs.unpack(message, prototype), sensitive, depth + 1);
      return TypedStructs.repack(message, redacted);
    } catch (ConfigException e) {
      return redactFields(message, true, depth);
    }
  }

  private static Any hidden(Any any) {
    return any.toBuilder().setValue(REDACTED_BYTES).build();
  }
}
