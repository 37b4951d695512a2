package io.bifocal.api;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.bifocal.api.types.TypeDescriptors;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a message may carry here, so that nothing is silently ignored: a field is supported, or
 * accepted with a warning because leaving it out is safe, or refused with its path.
 *
 * <p>A table is filled once, in a static initialiser, and then only read.
 */
public final class SupportedFields {
  /** What becomes of a field that is set. */
  public enum State {
    /** It is obeyed. */
    SUPPORTED,
    /** It is accepted with a warning, and has no effect. */
    IGNORED,
    /** The message is. */
    REFUSED
  }

  /** To write out more bytes than that costs more than what reflection loads once. */
  private static final int LARGE = 16 * 1024;

  private final Descriptor type;
  private final Set<FieldDescriptor> supported = new HashSet<>();
  private final Map<FieldDescriptor, String> ignored = new HashMap<>();
  private final Map<FieldDescriptor, String> refused = new HashMap<>();

  /** All that is not supported, by number; null until the table is used. */
  private volatile FieldDescriptor @Nullable [] others;

  private SupportedFields(Descriptor type) {
    this.type = type;
  }

  /** Starts the table for one type; every field not named in it is refused when set. */
  public static SupportedFields of(Descriptor type) {
    return new SupportedFields(type);
  }

  /**
   * Fields that are obeyed.
   *
   * @param fields snake case, as in the {@code .proto} file
   * @throws IllegalArgumentException if the type has no such field, or it is in the table already
   */
  public SupportedFields supports(String... fields) {
    for (String name : fields) {
      supported.add(newEntry(name));
    }
    return this;
  }

  /**
   * Fields that are accepted without effect, and why that is safe: it ends the warning.
   *
   * @throws IllegalArgumentException as {@link #supports} does
   */
  public SupportedFields ignores(String why, String... fields) {
    for (String name : fields) {
      ignored.put(newEntry(name), why);
    }
    return this;
  }

  /**
   * Fields that are refused when set, as those are that are in no list, but with a reason: it ends
   * the error.
   *
   * @throws IllegalArgumentException as {@link #supports} does
   */
  public SupportedFields refuses(String why, String... fields) {
    for (String name : fields) {
      refused.put(newEntry(name), why);
    }
    return this;
  }

  /** Whose fields these are. */
  public Descriptor type() {
    return type;
  }

  /** What becomes of a field of {@link #type} that is set. */
  public State state(FieldDescriptor field) {
    if (supported.contains(field)) {
      return State.SUPPORTED;
    }
    return ignored.containsKey(field) ? State.IGNORED : State.REFUSED;
  }

  /** Why it is not obeyed; empty when that is said nowhere. */
  public String why(FieldDescriptor field) {
    return ignored.getOrDefault(field, refused.getOrDefault(field, ""));
  }

  private FieldDescriptor newEntry(String name) {
    FieldDescriptor field = type.findFieldByName(name);
    if (field == null) {
      throw new IllegalArgumentException(type.getFullName() + " has no field '" + name + "'");
    }
    if (supported.contains(field) || ignored.containsKey(field) || refused.containsKey(field)) {
      throw new IllegalArgumentException(field.getFullName() + " is in the table twice");
    }
    return field;
  }

  /**
   * Checks the fields that are set in {@code message} itself (not in embedded messages). A scalar
   * that has its default is not set, unless the field tells the two apart (a oneof's member).
   *
   * @param path where the message is, e.g. {@code cluster 'a'}; it begins every text
   * @return warnings, to be logged
   * @throws ConfigException naming the first field that is refused
   */
  public List<String> check(Message message, String path) throws ConfigException {
    if (!TypeDescriptors.of(message).equals(type)) {
      throw new IllegalArgumentException(
          "a table for "
              + type.getFullName()
              + " was given "
              + TypeDescriptors.of(message).getFullName());
    }
    if (message == message.getDefaultInstanceForType()) {
      return List.of(); // most embedded messages are not there
    }
    FieldDescriptor[] others = others();
    if (others.length == 0) {
      return List.of();
    }
    List<String> warnings = new ArrayList<>();
    for (FieldDescriptor field : set(message, others)) {
      String named = path + ": field '" + field.getName() + "' is ";
      State state = state(field);
      if (state == State.REFUSED) {
        String why = why(field);
        throw new ConfigException(named + "not supported" + (why.isEmpty() ? "" : ": " + why));
      }
      if (state == State.IGNORED) {
        warnings.add(named + "ignored: " + why(field));
      }
    }
    return List.copyOf(warnings);
  }

  // Of large messages each field is asked for: there are few types of which messages are large.
  private static List<FieldDescriptor> set(Message message, FieldDescriptor[] among) {
    List<FieldDescriptor> found = new ArrayList<>(0);
    BitSet written = message.getSerializedSize() < LARGE ? SetFields.of(message) : null;
    for (FieldDescriptor field : among) {
      boolean set =
          (written == null || field.getNumber() >= SetFields.NUMBERS)
              ? isSet(message, field)
              : written.get(field.getNumber());
      if (set) {
        found.add(field);
      }
    }
    return found;
  }

  private static boolean isSet(Message message, FieldDescriptor field) {
    return field.isRepeated() ? message.getRepeatedFieldCount(field) > 0 : message.hasField(field);
  }

  private FieldDescriptor[] others() {
    FieldDescriptor[] found = others;
    if (found == null) {
      found =
          type.getFields().stream()
              .filter(field -> !supported.contains(field))
              .sorted()
              .toArray(FieldDescriptor[]::new);
      others = found;
    }
    return found;
  }
}
