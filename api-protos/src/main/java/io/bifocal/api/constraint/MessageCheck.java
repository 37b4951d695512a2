package io.bifocal.api.constraint;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import io.envoyproxy.pgv.validate.Validate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All rules of one message type. Fields are checked as Envoy checks them: those outside of oneofs
 * in their order in the file, then the oneofs; the first violation ends it.
 */
public final class MessageCheck {
  private static final Map<Descriptor, MessageCheck> COMPILED = new ConcurrentHashMap<>();

  private record OneofCheck(
      OneofDescriptor oneof, boolean required, Map<FieldDescriptor, FieldCheck> members) {
    @Nullable String violation(Message message) {
      FieldDescriptor set = message.getOneofFieldDescriptor(oneof);
      if (set == null) {
        return required
            ? "field: " + GoText.quoted(oneof.getName()) + ", reason: is required"
            : null;
      }
      FieldCheck check = members.get(set);
      return check == null ? null : check.violation(message);
    }
  }

  private final FieldCheck[] fields;
  private final OneofCheck[] oneofs;

  private MessageCheck(Descriptor type) {
    List<FieldCheck> outside = new ArrayList<>();
    List<OneofCheck> inside = new ArrayList<>();
    boolean disabled =
        type.getOptions().getExtension(Validate.disabled)
            || type.getOptions().getExtension(Validate.ignored);
    if (!disabled) {
      for (FieldDescriptor field : type.getFields()) {
        FieldCheck check =
            field.getRealContainingOneof() == null ? FieldRulesCompiler.compile(field) : null;
        if (check != null) {
          outside.add(check);
        }
      }
      for (OneofDescriptor oneof : type.getRealOneofs()) {
        OneofCheck check = compile(oneof);
        if (check.required() || !check.members().isEmpty()) {
          inside.add(check);
        }
      }
    }
    fields = outside.toArray(FieldCheck[]::new);
    oneofs = inside.toArray(OneofCheck[]::new);
  }

  private static OneofCheck compile(OneofDescriptor oneof) {
    Map<FieldDescriptor, FieldCheck> members = new HashMap<>();
    for (FieldDescriptor field : oneof.getFields()) {
      FieldCheck check = FieldRulesCompiler.compile(field);
      if (check != null) {
        members.put(field, check);
      }
    }
    return new OneofCheck(oneof, oneof.getOptions().getExtension(Validate.required), members);
  }

  /** Compiles at the first call for a type. */
  public static MessageCheck of(Descriptor type) {
    MessageCheck check = COMPILED.get(type);
    if (check == null) {
      check = new MessageCheck(type);
      COMPILED.put(type, check);
    }
    return check;
  }

  /** The first violation in the validators' words, or null. */
  public @Nullable String violation(Message message) {
    for (FieldCheck field : fields) {
      String violation = field.violation(message);
      if (violation != null) {
        return violation;
      }
    }
    for (OneofCheck oneof : oneofs) {
      String violation = oneof.violation(message);
      if (violation != null) {
        return violation;
      }
    }
    return null;
  }

  static boolean isDuration(FieldDescriptor field) {
    return field.getJavaType() == JavaType.MESSAGE
        && field.getMessageType().getFullName().equals(Duration.getDescriptor().getFullName());
  }

  /**
   * Envoy looks at all durations before it looks at rules. Only asked when something is wrong.
   *
   * @return the first duration that is not valid, in Envoy's words, or null
   */
  public static @Nullable String invalidDuration(Message message) {
    if (message instanceof Duration duration) {
      return WellKnownRules.invalidDuration(duration);
    }
    for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
      if (entry.getKey().getJavaType() != JavaType.MESSAGE) {
        continue;
      }
      List<?> values = entry.getValue() instanceof List<?> list ? list : List.of(entry.getValue());
      for (Object value : values) {
        String invalid = invalidDuration((Message) value);
        if (invalid != null) {
          return invalid;
        }
      }
    }
    return null;
  }
}
