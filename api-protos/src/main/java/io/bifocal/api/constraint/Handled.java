package io.bifocal.api.constraint;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Set;

/** No rule may be passed over because nobody has written its check. */
final class Handled {
  private Handled() {}

  static void only(Message rules, Set<String> names) {
    for (FieldDescriptor rule : rules.getAllFields().keySet()) {
      if (!names.contains(rule.getName())) {
        throw new UnsupportedOperationException("no check for the rule " + rule.getFullName());
      }
    }
  }
}
