package io.bifocal.api;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import io.bifocal.api.json.MessageJson;
import io.bifocal.api.tree.MessageReader;
import io.bifocal.api.tree.TreeException;
import io.bifocal.api.tree.YamlTree;
import org.jspecify.annotations.Nullable;

/** {@code xds.type.v3.TypedStruct} and its older twin: a message written as a {@code Struct}. */
final class TypedStructs {
  private TypedStructs() {}

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
