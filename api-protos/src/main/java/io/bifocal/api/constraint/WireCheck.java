package io.bifocal.api.constraint;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.WireFormat;
import io.envoyproxy.pgv.validate.Validate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A quick look at a message's bytes. Of nearly all messages that come it tells that they break no
 * rule and have no field that is not known, for a fraction of what a look by reflection costs.
 * Where there is any doubt it says so, and leaves it to that one to find out what is wrong, and to
 * say it.
 */
public final class WireCheck {
  private static final int MAX_DEPTH = 100;
  private static final int MAX_NUMBER = 1023;

  /** What is asked. */
  enum Question {
    /** Whether it keeps the rules, and all its fields are known. */
    RULES,
    /** Whether all its fields are known. */
    NAMES
  }

  /** A type and what is asked of it. */
  private record Key(Descriptor type, Question question) {}

  private static final Map<Key, WireCheck> COMPILED = new ConcurrentHashMap<>();

  private final WireValue[] values;
  private final int[] wireTypes;
  private final long[] bits;

  /** Bits of fields that may come once only: a second one would be merged with the first. */
  private final long once;

  /** Of each of these at least one bit. */
  private final long[] required;

  private WireCheck(Descriptor type, Question question) {
    Compilation compilation = new Compilation(type, question);
    values = compilation.values;
    wireTypes = compilation.wireTypes;
    bits = compilation.bits;
    once = compilation.once;
    required = compilation.required.stream().mapToLong(Long::longValue).toArray();
  }

  /** Whether the message keeps all rules and has no field that is not known, beyond doubt. */
  public static boolean passes(Descriptor type, ByteString message) {
    try {
      return of(type, Question.RULES).passes(message.newCodedInput(), 0);
    } catch (IOException e) {
      return false; // whoever parses it will say what is wrong
    }
  }

  /** Compiles at the first call for a type. */
  static WireCheck of(Descriptor type, Question question) {
    Key key = new Key(type, question);
    WireCheck check = COMPILED.get(key);
    if (check == null) {
      check = new WireCheck(type, question);
      COMPILED.put(key, check);
    }
    return check;
  }

  /** Reads to the input's end, or to its limit. */
  boolean passes(CodedInputStream in, int depth) throws IOException {
    if (depth == MAX_DEPTH) {
      return false;
    }
    long seen = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int number = WireFormat.getTagFieldNumber(tag);
      if (number >= values.length || !fits(number, WireFormat.getTagWireType(tag))) {
        return false;
      }
      long bit = bits[number];
      if ((bit & once & seen) != 0 || !values[number].passes(in, tag, depth)) {
        return false;
      }
      seen |= bit;
    }
    for (long anyOf : required) {
      if ((seen & anyOf) == 0) {
        return false;
      }
    }
    return true;
  }

  // Many numbers may come in a row.
  private boolean fits(int number, int wireType) {
    return (wireTypes[number] & 1 << wireType) != 0;
  }

  /** What the check of a type is made of, as it comes together. */
  private static final class Compilation {
    private final WireValue[] values;
    private final int[] wireTypes;
    private final long[] bits;
    private final List<Long> required = new ArrayList<>();
    private long once;
    private int bitsUsed;

    Compilation(Descriptor type, Question question) {
      int highest = 0;
      for (FieldDescriptor field : type.getFields()) {
        if (field.getNumber() <= MAX_NUMBER) {
          highest = Math.max(highest, field.getNumber());
        }
      }
      values = new WireValue[highest + 1];
      wireTypes = new int[highest + 1];
      bits = new long[highest + 1];
      boolean rules =
          question == Question.RULES
              && !type.getOptions().getExtension(Validate.disabled)
              && !type.getOptions().getExtension(Validate.ignored);
      for (FieldDescriptor field : type.getFields()) {
        if (field.getNumber() <= MAX_NUMBER) {
          add(field, rules ? WireFields.checking(field) : WireFields.knowing(field));
        }
        if (rules && WireFields.isRequired(field)) {
          required.add(bit(field));
        }
      }
      if (rules) {
        type.getRealOneofs().stream()
            .filter(oneof -> oneof.getOptions().getExtension(Validate.required))
            .forEach(this::require);
      }
    }

    private void add(FieldDescriptor field, WireValue value) {
      int number = field.getNumber();
      values[number] = value;
      wireTypes[number] = 1 << field.getLiteType().getWireType();
      if (field.isPackable()) {
        wireTypes[number] |= 1 << WireFormat.WIRETYPE_LENGTH_DELIMITED;
      }
      if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isRepeated()) {
        once |= bit(field);
      }
    }

    private void require(OneofDescriptor oneof) {
      long anyOf = 0;
      for (FieldDescriptor member : oneof.getFields()) {
        anyOf |= bit(member);
      }
      required.add(anyOf);
    }

    // Where bits run out, there is nothing but doubt.
    private long bit(FieldDescriptor field) {
      int number = field.getNumber();
      if (number > MAX_NUMBER) {
        return 0;
      }
      if (bits[number] == 0 && bitsUsed < Long.SIZE) {
        bits[number] = 1L << bitsUsed++;
      } else if (bits[number] == 0) {
        values[number] = WireValue.DOUBTFUL;
      }
      return bits[number];
    }
  }
}
