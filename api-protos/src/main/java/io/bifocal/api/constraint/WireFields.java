package io.bifocal.api.constraint;

import com.google.protobuf.Any;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import io.bifocal.api.constraint.WireCheck.Question;
import io.bifocal.api.types.ClassNames;
import io.bifocal.api.types.TypeDescriptors;
import io.envoyproxy.pgv.validate.Validate;
import io.envoyproxy.pgv.validate.Validate.FieldRules;
import io.envoyproxy.pgv.validate.Validate.RepeatedRules;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** From a field's {@code validate.rules} to a quick look at its bytes. */
final class WireFields {
  private WireFields() {}

  /** Only what is not known casts doubt. */
  static WireValue knowing(FieldDescriptor field) {
    return field.getJavaType() == JavaType.MESSAGE
        ? embedded(field.getMessageType(), Question.NAMES)
        : WireValue.SKIPPED;
  }

  /** What may break a rule does too. */
  static WireValue checking(FieldDescriptor field) {
    FieldRules rules = rules(field);
    if (field.isMapField()) {
      return rules.hasMap() ? WireValue.DOUBTFUL : embedded(field.getMessageType(), Question.RULES);
    }
    if (!field.isRepeated()) {
      return value(field, rules);
    }
    RepeatedRules many = rules.getRepeated();
    boolean countable = !many.getUnique() && !many.hasMaxItems() && many.getMinItems() <= 1;
    WireValue item = countable ? value(field, many.getItems()) : WireValue.DOUBTFUL;
    return field.isPackable() && item != WireValue.SKIPPED ? WireValue.DOUBTFUL : item;
  }

  /** Whether a message without the field breaks a rule. */
  static boolean isRequired(FieldDescriptor field) {
    if (field.getRealContainingOneof() != null) {
      return false;
    }
    FieldRules rules = rules(field);
    if (field.isMapField()) {
      return rules.getMap().getMinPairs() > 0 && !rules.getMap().getIgnoreEmpty();
    }
    if (field.isRepeated()) {
      return rules.getRepeated().getMinItems() > 0 && !rules.getRepeated().getIgnoreEmpty();
    }
    if (field.getJavaType() == JavaType.MESSAGE || field.hasPresence()) {
      return FieldRulesCompiler.missing(field, rules) != null;
    }
    return FieldRulesCompiler.scalar(field, rules).wrong(field.getDefaultValue()) != null;
  }

  private static FieldRules rules(FieldDescriptor field) {
    return field.getOptions().getExtension(Validate.rules);
  }

  private static WireValue value(FieldDescriptor field, FieldRules rules) {
    if (field.getJavaType() == JavaType.MESSAGE) {
      return message(field, rules);
    }
    ValueCheck check = FieldRulesCompiler.scalar(field, rules);
    return check == ValueCheck.NONE
        ? WireValue.SKIPPED
        : (in, tag, depth) -> check.wrong(read(field, in)) == null;
  }

  private static WireValue message(FieldDescriptor field, FieldRules rules) {
    Descriptor type = field.getMessageType();
    if (FieldRulesCompiler.isWrapper(type)) {
      return wrapper(type.findFieldByNumber(1), rules);
    }
    if (MessageCheck.isDuration(field)) {
      ValueCheck check = WellKnownRules.duration(rules.getDuration());
      return (in, tag, depth) -> {
        Duration duration = Duration.parseFrom(in.readByteArray());
        return WellKnownRules.invalidDuration(duration) == null
            && check.wrong(duration) == null
            && duration.getUnknownFields().isEmpty();
      };
    }
    if (rules.hasAny() && WellKnownRules.any(rules.getAny()) != ValueCheck.NONE) {
      return WireValue.DOUBTFUL;
    }
    boolean free = rules.hasTimestamp() || rules.getMessage().getSkip() || !Reach.hasRules(type);
    return embedded(type, free ? Question.NAMES : Question.RULES);
  }

  private static WireValue wrapper(FieldDescriptor only, FieldRules rules) {
    ValueCheck check = FieldRulesCompiler.scalar(only, rules);
    if (check == ValueCheck.NONE) {
      return embedded(only.getContainingType(), Question.NAMES);
    }
    boolean goodWhenEmpty = check.wrong(only.getDefaultValue()) == null;
    int expected =
        only.getNumber() << 3 | only.getLiteType().getWireType(); // as WireFormat makes tags
    return (in, tag, depth) -> {
      int limit = in.pushLimit(in.readRawVarint32());
      int first = in.readTag();
      boolean good =
          first == 0
              ? goodWhenEmpty
              : first == expected && check.wrong(read(only, in)) == null && in.isAtEnd();
      in.popLimit(limit);
      return good;
    };
  }

  private static WireValue embedded(Descriptor type, Question question) {
    return type.getFullName().equals(Any.getDescriptor().getFullName())
        ? WireFields::any
        : new Embedded(type, question);
  }

  /** What is packed has been checked for its rules by nobody yet; that is for who unpacks it. */
  private static boolean any(CodedInputStream in, int tag, int depth) throws IOException {
    Any any = Any.parseFrom(in.readByteArray());
    if (!any.getUnknownFields().isEmpty()) {
      return false;
    }
    String url = any.getTypeUrl();
    Message prototype = ClassNames.prototype(url.substring(url.lastIndexOf('/') + 1));
    return prototype == null
        || WireCheck.of(TypeDescriptors.of(prototype), Question.NAMES)
            .passes(any.getValue().newCodedInput(), depth + 1);
  }

  private static Object read(FieldDescriptor field, CodedInputStream in) throws IOException {
    return switch (field.getType()) {
      case BOOL -> in.readBool();
      case ENUM -> field.getEnumType().findValueByNumberCreatingIfUnknown(in.readEnum());
      case STRING -> in.readStringRequireUtf8();
      case BYTES -> in.readBytes();
      case INT32 -> in.readInt32();
      case UINT32 -> in.readUInt32();
      case SINT32 -> in.readSInt32();
      case FIXED32 -> in.readFixed32();
      case SFIXED32 -> in.readSFixed32();
      case INT64 -> in.readInt64();
      case UINT64 -> in.readUInt64();
      case SINT64 -> in.readSInt64();
      case FIXED64 -> in.readFixed64();
      case SFIXED64 -> in.readSFixed64();
      case FLOAT -> in.readFloat();
      case DOUBLE -> in.readDouble();
      case MESSAGE, GROUP -> throw new IllegalArgumentException(field.getFullName());
    };
  }

  /** A message in a message; compiled when the first comes, since types recur. */
  private static final class Embedded implements WireValue {
    private final Descriptor type;
    private final Question question;
    private volatile @Nullable WireCheck compiled;

    Embedded(Descriptor type, Question question) {
      this.type = type;
      this.question = question;
    }

    @Override
    public boolean passes(CodedInputStream in, int tag, int depth) throws IOException {
      if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        return false;
      }
      WireCheck check = compiled;
      if (check == null) {
        check = WireCheck.of(type, question);
        compiled = check;
      }
      int limit = in.pushLimit(in.readRawVarint32());
      boolean passes = check.passes(in, depth + 1);
      in.popLimit(limit);
      return passes;
    }
  }
}
