package io.bifocal.api.tree;

import com.google.protobuf.Any;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.bifocal.api.tree.Node.Entry;
import io.bifocal.api.tree.Node.Kind;
import io.bifocal.api.tree.Node.Mapping;
import io.bifocal.api.tree.Node.Scalar;
import io.bifocal.api.tree.Node.Sequence;
import io.bifocal.api.types.ClassNames;
import io.bifocal.api.types.TypeDescriptors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Fills a message from a tree, led by its descriptor. Accepts what Envoy's loader accepts: snake
 * and camel case, one value where a list is expected, durations and wrappers as objects, numbers in
 * strings, enums in any case or by number, null for "not set".
 */
public final class MessageReader {
  /** Of the API that this was built with; fields added to Envoy later are not known here. */
  private static final String SNAPSHOT = "Envoy API 1.34";

  /** A level of a tree is at most a struct, an entry of its map, and the entry's value. */
  private static final int MAX_NESTING = 3 * (YamlTree.MAX_DEPTH + 2);

  private final @Nullable BiConsumer<Integer, String> onUnknown;

  private MessageReader(@Nullable BiConsumer<Integer, String> onUnknown) {
    this.onUnknown = onUnknown;
  }

  /** Reads; a field or enum value that is not known is an error. */
  public static Message strict(Node node, Message prototype) throws TreeException {
    return new MessageReader(null).root(node, prototype);
  }

  /**
   * Reads, leaving out what is not known.
   *
   * @param onUnknown is told the line and a text for each
   */
  public static Message lenient(Node node, Message prototype, BiConsumer<Integer, String> onUnknown)
      throws TreeException {
    return new MessageReader(onUnknown).root(node, prototype);
  }

  // Filled by descriptor alone, and then parsed: to set fields of generated classes by reflection
  // loads many more
  // classes, each with all its methods, than the configuration has messages, and they stay.
  private Message root(Node node, Message prototype) throws TreeException {
    Message read =
        message(node, DynamicMessage.newBuilder(TypeDescriptors.of(prototype)), Path.ROOT);
    CodedInputStream in = read.toByteString().newCodedInput();
    in.setRecursionLimit(MAX_NESTING);
    try {
      return prototype.getParserForType().parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what was written is not read", e);
    }
  }

  private Message message(Node node, Message.Builder builder, Path path) throws TreeException {
    if (path.depth() > YamlTree.MAX_DEPTH) {
      throw path.wrong(node, "nested deeper than " + YamlTree.MAX_DEPTH + " levels");
    }
    Descriptor type = builder.getDescriptorForType();
    Message wellKnown = WellKnown.read(type, node, path);
    if (wellKnown != null) {
      return wellKnown;
    }
    if (type.getFullName().equals(Any.getDescriptor().getFullName())) {
      return any(node, path);
    }
    if (WellKnown.isWrapper(type) && !(node instanceof Mapping)) {
      FieldDescriptor value = type.findFieldByName("value");
      builder.setField(value, Objects.requireNonNull(ScalarReader.read(value, node, path)));
      return builder.build();
    }
    object(node, builder, path, null);
    return builder.build();
  }

  private void object(Node node, Message.Builder builder, Path path, @Nullable String without)
      throws TreeException {
    Descriptor type = builder.getDescriptorForType();
    if (!(node instanceof Mapping mapping)) {
      throw path.wrong(
          node, "expected an object (" + type.getFullName() + "), found " + node.described());
    }
    Set<FieldDescriptor> seen = new HashSet<>();
    for (Entry entry : mapping.entries()) {
      if (entry.key().equals(without)) {
        continue;
      }
      Path at = path.field(entry.key());
      FieldDescriptor field = field(type, entry.key());
      if (field == null) {
        unknown(entry.line(), at, "no such field in " + type.getFullName(), entry.key(), type);
        continue;
      }
      if (!seen.add(field)) {
        throw at.wrong(entry.line(), "duplicate: " + field.getName() + " is set already");
      }
      if (!meansUnset(field, entry.value())) {
        refuseSecondOfOneof(builder, field, entry, at);
        set(builder, field, entry.value(), at);
      }
    }
  }

  private static @Nullable FieldDescriptor field(Descriptor type, String key) {
    FieldDescriptor field = type.findFieldByName(key);
    if (field != null) {
      return field;
    }
    for (FieldDescriptor candidate : type.getFields()) {
      if (candidate.getJsonName().equals(key)) {
        return candidate;
      }
    }
    return null;
  }

  /** Null is "not set", but for the two types that have null among their values. */
  private static boolean meansUnset(FieldDescriptor field, Node value) {
    boolean takesNull =
        switch (field.getJavaType()) {
          case MESSAGE -> field.getMessageType().getFullName().equals("google.protobuf.Value");
          case ENUM -> field.getEnumType().getFullName().equals("google.protobuf.NullValue");
          default -> false;
        };
    return isNull(value) && (field.isRepeated() || !takesNull);
  }

  private static boolean isNull(Node node) {
    return node instanceof Scalar scalar && scalar.kind() == Kind.NULL;
  }

  private static void refuseSecondOfOneof(
      Message.Builder builder, FieldDescriptor field, Entry entry, Path path) throws TreeException {
    if (field.getRealContainingOneof() != null && builder.hasOneof(field.getContainingOneof())) {
      FieldDescriptor first = builder.getOneofFieldDescriptor(field.getContainingOneof());
      throw path.wrong(
          entry.line(),
          "'"
              + field.getContainingOneof().getName()
              + "' is set already, by "
              + Objects.requireNonNull(first).getName());
    }
  }

  private void set(Message.Builder builder, FieldDescriptor field, Node node, Path path)
      throws TreeException {
    if (field.isMapField()) {
      map(builder, field, node, path);
    } else if (!field.isRepeated()) {
      Object value = value(builder, field, node, path);
      if (value != null) {
        builder.setField(field, value);
      }
    } else if (node instanceof Sequence sequence) {
      for (int i = 0; i < sequence.items().size(); i++) {
        add(builder, field, sequence.items().get(i), path.index(i));
      }
    } else {
      add(builder, field, node, path);
    }
  }

  private void add(Message.Builder builder, FieldDescriptor field, Node node, Path path)
      throws TreeException {
    if (isNull(node) && field.getJavaType() == JavaType.MESSAGE) {
      throw path.wrong(node, "null in a list of objects");
    }
    Object value = value(builder, field, node, path);
    if (value != null) {
      builder.addRepeatedField(field, value);
    }
  }

  private void map(Message.Builder builder, FieldDescriptor field, Node node, Path path)
      throws TreeException {
    if (!(node instanceof Mapping mapping)) {
      throw path.wrong(node, "expected an object, found " + node.described());
    }
    FieldDescriptor keyField = field.getMessageType().findFieldByName("key");
    FieldDescriptor valueField = field.getMessageType().findFieldByName("value");
    for (Entry entry : mapping.entries()) {
      Path at = path.key(entry.key());
      Message.Builder pair = builder.newBuilderForField(field);
      Scalar key = new Scalar(Kind.STRING, entry.key(), entry.line());
      pair.setField(keyField, Objects.requireNonNull(ScalarReader.read(keyField, key, at)));
      Object value = value(pair, valueField, entry.value(), at);
      if (value != null) {
        builder.addRepeatedField(field, pair.setField(valueField, value).build());
      }
    }
  }

  /** Null when it is to be left out. */
  private @Nullable Object value(
      Message.Builder builder, FieldDescriptor field, Node node, Path path) throws TreeException {
    if (field.getJavaType() == JavaType.MESSAGE) {
      return message(node, builder.newBuilderForField(field), path);
    }
    Object value = ScalarReader.read(field, node, path);
    if (value == null) {
      String written = node instanceof Scalar scalar ? scalar.text() : "";
      List<String> names = new ArrayList<>();
      for (EnumValueDescriptor known : field.getEnumType().getValues()) {
        names.add(known.getName());
      }
      String text = "unknown value '" + written + "' of " + field.getEnumType().getFullName();
      report(node.line(), path, text + hint(written, names));
    }
    return value;
  }

  private Any any(Node node, Path path) throws TreeException {
    if (!(node instanceof Mapping mapping)) {
      throw path.wrong(node, "expected an object with \"@type\", found " + node.described());
    }
    if (mapping.entries().isEmpty()) {
      return Any.getDefaultInstance();
    }
    String url = null;
    Node value = null;
    for (Entry entry : mapping.entries()) {
      if (entry.key().equals("@type")) {
        if (!(entry.value() instanceof Scalar scalar) || scalar.kind() != Kind.STRING) {
          throw path.wrong(entry.line(), "\"@type\" must be a string");
        }
        url = scalar.text();
      } else if (entry.key().equals("value")) {
        value = entry.value();
      }
    }
    if (url == null) {
      throw path.wrong(node, "\"@type\" is missing");
    }
    if (url.indexOf('/') <= 0) {
      throw path.wrong(
          node, "\"@type\" must be a type URL such as type.googleapis.com/" + url.replace("/", ""));
    }
    Message prototype = ClassNames.prototype(url.substring(url.lastIndexOf('/') + 1));
    if (prototype == null) {
      throw path.wrong(node, "unknown \"@type\" '" + url + "' (not in " + SNAPSHOT + ")");
    }
    Message.Builder builder = DynamicMessage.newBuilder(TypeDescriptors.of(prototype));
    Message inner;
    if (WellKnown.isSpecial(TypeDescriptors.of(prototype))) {
      if (value == null) {
        throw path.wrong(node, "\"value\" is missing beside \"@type\" '" + url + "'");
      }
      inner = message(value, builder, path.field("value"));
    } else {
      object(node, builder, path, "@type");
      inner = builder.build();
    }
    return Any.newBuilder().setTypeUrl(url).setValue(inner.toByteString()).build();
  }

  private void unknown(int line, Path path, String text, String written, Descriptor type)
      throws TreeException {
    List<String> names = new ArrayList<>();
    for (FieldDescriptor field : type.getFields()) {
      names.add(field.getName());
    }
    String hint = hint(written, names);
    report(
        line,
        path,
        hint.isEmpty()
            ? text + " of " + SNAPSHOT + "; newer than this build, or misspelt"
            : text + hint);
  }

  private static String hint(String written, List<String> names) {
    return Nearest.to(written, names).map(name -> " (did you mean " + name + "?)").orElse("");
  }

  private void report(int line, Path path, String text) throws TreeException {
    if (onUnknown == null) {
      throw path.wrong(line, text);
    }
    onUnknown.accept(line, path + ": " + text);
  }
}
