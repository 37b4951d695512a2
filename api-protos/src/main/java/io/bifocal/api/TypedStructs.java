package io.bifocal.api;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import io.bifocal.api.json.MessageJson;
import io.bifocal.api.tree.MessageReader;
import io.bifocal.api.tree.TreeException;
import io.bifocal.api.tree.YamlTree;
import org.jspecify.annotations.Nullable;

/** {@code xds.type.v3.TypedStruct} and its older twin: a message written as a {@code Struct}. */
public final class TypedStructs {
  private TypedStructs() {}

  /**
   * A configuration as it is meant: of a typed struct the message that it stands for. Of a type
   * that is not known here the result has the {@code Struct}'s bytes, for {@link #fields}.
   *
   * @throws ConfigException when its fields are not those of the type
   */
  public static Any unwrap(Any config) throws ConfigException {
    Message typedStruct = MessageTypes.prototype(config.getTypeUrl()).orElse(null);
    if (typedStruct == null || !isOne(typedStruct)) {
      return config;
    }
    Message read = Unpack.as(typedStruct, config);
    String url = (String) read.getField(field(read, "type_url"));
    Message prototype = prototype(read);
    Message value =
        prototype == null ? (Message) read.getField(field(read, "value")) : unpack(read, prototype);
    return Any.newBuilder().setTypeUrl(url).setValue(value.toByteString()).build();
  }

  /**
   * The fields of an unwrapped configuration whose type is not known here.
   *
   * @throws ConfigException when it was no typed struct
   */
  public static Struct fields(Any config) throws ConfigException {
    try {
      return Struct.parseFrom(config.getValue());
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException("Unable to unpack as google.protobuf.Struct", e);
    }
  }

  static boolean isOne(Message message) {
    String name = message.getDescriptorForType().getFullName();
    return name.equals("xds.type.v3.TypedStruct") || name.equals("udpa.type.v1.TypedStruct");
  }

  /** Of the type that it names, if that is known. */
  static @Nullable Message prototype(Message typedStruct) {
    String url = (String) typedStruct.getField(field(typedStruct, "type_url"));
    return MessageTypes.prototype(url).orElse(null);
  }

  static Message unpack(Message typedStruct, Message prototype) throws ConfigException {
    Message value = (Message) typedStruct.getField(field(typedStruct, "value"));
    return convert(value, prototype);
  }

  static Message repack(Message typedStruct, Message message) throws ConfigException {
    Message value = convert(message, Struct.getDefaultInstance());
    return typedStruct.toBuilder().setField(field(typedStruct, "value"), value).build();
  }

  private static FieldDescriptor field(Message typedStruct, String name) {
    return typedStruct.getDescriptorForType().findFieldByName(name);
  }

  private static Message convert(Message from, Message to) throws ConfigException {
    try {
      return MessageReader.lenient(
          YamlTree.parseJson(MessageJson.print(from)), to, (line, text) -> {});
    } catch (TreeException e) {
      throw new ConfigException(e.reason(), e);
    }
  }
}
