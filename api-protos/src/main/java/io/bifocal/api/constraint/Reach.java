package io.bifocal.api.constraint;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.OneofDescriptor;
import io.envoyproxy.pgv.validate.Validate;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which types need no visit, because nothing that hangs under them has a rule. */
final class Reach {
  private static final Map<Descriptor, Boolean> KNOWN = new ConcurrentHashMap<>();

  private Reach() {}

  /** Whether the type, or one embedded in it at any depth, has a rule or a duration. */
  static boolean hasRules(Descriptor type) {
    Boolean known = KNOWN.get(type);
    if (known == null) {
      known = search(type);
      KNOWN.put(type, known);
    }
    return known;
  }

  private static boolean search(Descriptor start) {
    Set<Descriptor> seen = new HashSet<>();
    Deque<Descriptor> open = new ArrayDeque<>();
    seen.add(start);
    open.push(start);
    while (!open.isEmpty()) {
      Descriptor type = open.pop();
      if (hasOwnRules(type)) {
        return true;
      }
      for (FieldDescriptor field : type.getFields()) {
        if (field.getJavaType() == JavaType.MESSAGE && seen.add(field.getMessageType())) {
          open.push(field.getMessageType());
        }
      }
    }
    return false;
  }

  private static boolean hasOwnRules(Descriptor type) {
    for (OneofDescriptor oneof : type.getOneofs()) {
      if (oneof.getOptions().getExtension(Validate.required)) {
        return true;
      }
    }
    for (FieldDescriptor field : type.getFields()) {
      if (field.getOptions().hasExtension(Validate.rules) || MessageCheck.isDuration(field)) {
        return true;
      }
    }
    return false;
  }
}
