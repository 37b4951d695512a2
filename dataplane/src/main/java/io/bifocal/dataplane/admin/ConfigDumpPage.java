package io.bifocal.dataplane.admin;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.util.FieldMaskUtil;
import com.google.re2j.Pattern;
import io.bifocal.api.ConfigException;
import io.bifocal.api.JsonDump;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code /config_dump}: the sections as they are, or cut by a name, a resource, a mask; resource by
 * resource, as there may be many.
 *
 * <p>Source: {@code envoy.admin.v3.ConfigDump}; statuses and texts as Envoy 1.40 has them.
 */
final class ConfigDumpPage {
  private ConfigDumpPage() {}

  static Answer answer(Request request, List<Message> sections) {
    Pattern name;
    try {
      name = request.pattern("name_regex");
    } catch (ConfigException e) {
      return Answer.error(
          400,
          "INVALID_ARGUMENT: Error while parsing name_regex from %s: %s"
              .formatted(request.get("name_regex"), e.reason()));
    }
    List<Message> named =
        name == null
            ? sections
            : sections.stream().map(section -> NamedElements.keep(section, name)).toList();
    String resource = request.get("resource");
    String mask = request.get("mask");
    if (!resource.isEmpty()) {
      return resource(resource, mask, named);
    }
    return mask.isEmpty() ? dump(named) : masked(mask, named);
  }

  private static Answer dump(List<Message> configs) {
    return Answer.json(JsonDump.listOfAny("configs", configs.iterator()));
  }

  private static Answer masked(String mask, List<Message> sections) {
    FieldMask paths = FieldMaskUtil.fromString(mask);
    List<Message> fitting =
        sections.stream().flatMap(section -> Mask.apply(paths, section).stream()).toList();
    return fitting.isEmpty()
        ? Answer.error(
            400, "FieldMask %s could not be successfully applied to any configs.".formatted(mask))
        : dump(fitting);
  }

  private static Answer resource(String resource, String mask, List<Message> sections) {
    for (Message section : sections) {
      FieldDescriptor field = section.getDescriptorForType().findFieldByName(resource);
      if (field == null) {
        continue;
      }
      if (!field.isRepeated()) {
        return Answer.error(
            400,
            "%s is not a repeated field. Use ?mask=%s to get only this field"
                .formatted(resource, resource));
      }
      List<Message> elements = new ArrayList<>();
      for (int i = 0; i < section.getRepeatedFieldCount(field); i++) {
        elements.add((Message) section.getRepeatedField(field, i));
      }
      return mask.isEmpty() ? dump(elements) : maskedEach(mask, elements);
    }
    return Answer.error(404, resource + " not found in config dump");
  }

  private static Answer maskedEach(String mask, List<Message> elements) {
    FieldMask paths = FieldMaskUtil.fromString(mask);
    List<Message> trimmed = new ArrayList<>();
    for (Message element : elements) {
      Optional<Message> fitting = Mask.apply(paths, element);
      if (fitting.isEmpty()) {
        return Answer.error(
            400,
            "FieldMask %s could not be successfully used."
                .formatted(TextFormat.printer().printToString(paths)));
      }
      trimmed.add(fitting.get());
    }
    return dump(trimmed);
  }
}
