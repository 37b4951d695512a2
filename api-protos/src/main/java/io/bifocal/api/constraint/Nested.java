package io.bifocal.api.constraint;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import org.jspecify.annotations.Nullable;

/** The check of an embedded message; compiled when the first comes, since types recur. */
final class Nested implements ValueCheck {
  private final Descriptor type;
  private volatile @Nullable MessageCheck compiled;

  private Nested(Descriptor type) {
    this.type = type;
  }

  static ValueCheck of(Descriptor type) {
    return Reach.hasRules(type) ? new Nested(type) : NONE;
  }

  @Override
  public @Nullable String wrong(Object value) {
    MessageCheck check = compiled;
    if (check == null) {
      check = MessageCheck.of(type);
      compiled = check;
    }
    String inner = check.violation((Message) value);
    return inner == null ? null : "embedded message failed validation | caused by " + inner;
  }
}
