package io.bifocal.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.api.json.MessageJson;
import io.bifocal.api.tree.MessageReader;
import io.bifocal.api.tree.TreeException;
import io.bifocal.api.tree.YamlTree;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages of every type of the API, filled at random, printed and read back. */
class RoundTripTest {
  private static final int DEPTH = 2;
  private static final List<String> STRINGS =
      List.of("", "a", "true", "12", "~", "n", "0x1f", "\"\\\n\t<é\u2028>", ": #", "\ud83d\ude00");

  private final Random random = new Random(8305);

  /** In a few heaps: a test for each of some thousands would take its time to report. */
  static Stream<List<Descriptor>> heaps() {
    List<Descriptor> types =
        EnvoyTypes.all().stream().filter(type -> !type.getOptions().getMapEntry()).toList();
    int size = (types.size() + 7) / 8;
    return Stream.iterate(0, i -> i < types.size(), i -> i + size)
        .map(i -> types.subList(i, Math.min(types.size(), i + size)));
  }

  @ParameterizedTest(name = "heap {index}")
  @MethodSource("heaps")
  void whatIsPrintedIsReadBack(List<Descriptor> types)
      throws TreeException, InvalidProtocolBufferException {
    for (Descriptor type : types) {
      Message message = filled(prototype(type), DEPTH);
      String json = MessageJson.print(message);
      assertThat(MessageReader.strict(YamlTree.parseJson(json), prototype(type)))
          .as(json)
          .isEqualTo(message);
      Message.Builder protobufs = message.newBuilderForType();
      JsonFormat.parser().merge(json, protobufs);
      assertThat(protobufs.build()).as(json).isEqualTo(message);
    }
  }

  @ParameterizedTest(name = "heap {index}")
  @MethodSource("heaps")
  void whatProtobufPrintsIsReadAsJsonAndAsYaml(List<Descriptor> types)
      throws TreeException, InvalidProtocolBufferException {
    for (Descriptor type : types) {
      Message message = filled(prototype(type), DEPTH);
      String json = JsonFormat.printer().print(message);
      assertThat(MessageReader.strict(YamlTree.parseJson(json), prototype(type)))
          .as(json)
          .isEqualTo(message);
      assertThat(MessageReader.strict(YamlTree.parse(json), prototype(type)))
          .as(json)
          .isEqualTo(message);
    }
  }

  private static Message prototype(Descriptor type) {
    return MessageTypes.prototype(type.getFullName()).orElseThrow();
  }

  private Message filled(Message prototype, int depth) {
    Message.Builder builder = prototype.newBuilderForType();
    switch (prototype.getDescriptorForType().getFullName()) {
      case "google.protobuf.Any", "google.protobuf.FieldMask" -> {
        return prototype;
      }
      case "google.protobuf.Value" -> {
        FieldDescriptor text = prototype.getDescriptorForType().findFieldByName("string_value");
        return builder.setField(text, string()).build();
      }
      case "google.protobuf.Duration", "google.protobuf.Timestamp" -> {
        Descriptor type = prototype.getDescriptorForType();
        return builder
            .setField(type.findFieldByNumber(1), (long) random.nextInt(1_000_000))
            .setField(type.findFieldByNumber(2), random.nextInt(1_000_000_000))
            .build();
      }
      default -> {}
    }
    for (FieldDescriptor field : prototype.getDescriptorForType().getFields()) {
      boolean taken =
          field.getRealContainingOneof() != null && builder.hasOneof(field.getContainingOneof());
      if (taken || (depth == 0 && field.getJavaType() == JavaType.MESSAGE)) {
        continue;
      }
      if (field.isMapField()) {
        Message.Builder entry = builder.newBuilderForField(field);
        for (FieldDescriptor part : entry.getDescriptorForType().getFields()) {
          entry.setField(part, value(entry, part, Math.max(depth - 1, 0)));
        }
        builder.addRepeatedField(field, entry.build());
      } else if (field.isRepeated()) {
        builder.addRepeatedField(field, value(builder, field, depth - 1));
        builder.addRepeatedField(field, value(builder, field, depth - 1));
      } else {
        builder.setField(field, value(builder, field, depth - 1));
      }
    }
    return builder.build();
  }

  private Object value(Message.Builder builder, FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case BOOLEAN -> random.nextBoolean();
      case INT -> random.nextInt();
      case LONG -> random.nextLong();
      case FLOAT -> random.nextFloat() * (random.nextBoolean() ? 1 : 1e20f);
      case DOUBLE -> random.nextBoolean() ? random.nextInt(100) : random.nextDouble() * 1e-7;
      case STRING -> string();
      case BYTE_STRING -> ByteString.copyFrom(new byte[] {(byte) random.nextInt(), -1, 0});
      case ENUM -> {
        EnumDescriptor type = field.getEnumType();
        yield type.getValues().get(random.nextInt(type.getValues().size()));
      }
      case MESSAGE -> filled(builder.newBuilderForField(field).getDefaultInstanceForType(), depth);
    };
  }

  private String string() {
    return STRINGS.get(random.nextInt(STRINGS.size()));
  }
}
