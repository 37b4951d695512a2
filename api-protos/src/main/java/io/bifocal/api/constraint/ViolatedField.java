package io.bifocal.api.constraint;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import org.jspecify.annotations.Nullable;

/** From the validators' words back to the field, as it is written in a configuration. */
public final class ViolatedField {
  private static final String NESTED = "embedded message failed validation | caused by ";

  private ViolatedField() {}

  /**
   * The path of the field that a violation is about.
   *
   * @param type of the message that was checked
   * @param violation as {@link MessageCheck#violation} said it
   * @return e.g. {@code virtual_hosts[0].domains}; as far as it can be followed
   */
  public static String path(Descriptor type, String violation) {
    StringBuilder path = new StringBuilder();
    Descriptor at = type;
    String rest = violation;
    while (at != null) {
      FieldDescriptor field = field(at, rest);
      if (field == null) {
        append(path, oneof(at, rest));
        break;
      }
      rest = rest.substring(FieldCheck.subject(field).length());
      int reason = rest.indexOf(": ");
      append(path, field.getName());
      if (rest.startsWith("[") && reason > 0) {
        path.append(rest, 0, reason);
      }
      rest = rest.substring(reason + 2);
      at = rest.startsWith(NESTED) ? messageOf(field) : null;
      rest = at == null ? rest : rest.substring(NESTED.length());
    }
    return path.toString();
  }

  private static @Nullable FieldDescriptor field(Descriptor type, String violation) {
    for (FieldDescriptor field : type.getFields()) {
      String subject = FieldCheck.subject(field);
      if (violation.startsWith(subject + ": ") || violation.startsWith(subject + "[")) {
        return field;
      }
    }
    return null;
  }

  private static String oneof(Descriptor type, String violation) {
    for (OneofDescriptor oneof : type.getRealOneofs()) {
      if (violation.startsWith("field: " + GoText.quoted(oneof.getName()))) {
        return oneof.getName();
      }
    }
    return "";
  }

  private static @Nullable Descriptor messageOf(FieldDescriptor field) {
    if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      return null;
    }
    if (!field.isMapField()) {
      return field.getMessageType();
    }
    FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
    return value.getJavaType() == FieldDescriptor.JavaType.MESSAGE ? value.getMessageType() : null;
  }

  private static void append(StringBuilder path, String name) {
    if (!path.isEmpty() && !name.isEmpty()) {
      path.append('.');
    }
    path.append(name);
  }
}
