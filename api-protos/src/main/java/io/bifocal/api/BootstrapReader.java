package io.bifocal.api;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.bifocal.api.constraint.WireCheck;
import io.bifocal.api.tree.MessageReader;
import io.bifocal.api.tree.Node;
import io.bifocal.api.tree.TreeException;
import io.bifocal.api.tree.YamlTree;
import io.bifocal.api.types.TypeDescriptors;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a bootstrap, or another message, in the formats that Envoy reads. What a file's name ends
 * with says which: {@code .yaml}, {@code .yml}; {@code .pb} (binary); {@code .pb_text}, {@code
 * .textproto}, {@code .pbtxt}; all else is JSON or YAML by its first character.
 *
 * <p>Errors are one line, {@code FILE:LINE: field.path: what is wrong}. A field that is not known
 * is an error, or with {@code allowUnknownFields} a warning in the log, and counted; in the text
 * format it is an error all the same, as it is with Envoy. Constraints are checked, except inside
 * {@code Any}, where they are the business of who unpacks. Not for several threads at once.
 */
public final class BootstrapReader {
  private static final Logger log = LoggerFactory.getLogger(BootstrapReader.class);

  /** As much as one message of a control plane may have. */
  private static final long MAX_BYTES = 64 << 20;

  private static final String BYTE_ORDER_MARK = "\ufeff";

  private final boolean allowUnknownFields;
  private final Consumer<String> warn;
  private int unknownFields;

  public BootstrapReader(boolean allowUnknownFields) {
    this(allowUnknownFields, warning -> log.warn("{}", warning));
  }

  /** Allows fields that are not known, and tells of each where it is. */
  public BootstrapReader(Consumer<String> unknownField) {
    this(true, unknownField);
  }

  private BootstrapReader(boolean allowUnknownFields, Consumer<String> warn) {
    this.allowUnknownFields = allowUnknownFields;
    this.warn = warn;
  }

  /** How many fields were left out so far, as they are not known: those that were warned of. */
  public int unknownFields() {
    return unknownFields;
  }

  /** Reads a bootstrap from a file. */
  public Bootstrap read(Path file) throws ConfigException {
    return read(file, Bootstrap.getDefaultInstance());
  }

  /**
   * Reads a bootstrap from text.
   *
   * @param where names the text in errors, e.g. {@code --config-yaml}
   */
  public Bootstrap readYaml(String text, String where) throws ConfigException {
    return readYaml(text, where, Bootstrap.getDefaultInstance());
  }

  /** Reads any message from a file, e.g. a {@code DiscoveryResponse}. */
  public <T extends Message> T read(Path file, T prototype) throws ConfigException {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    byte[] bytes = bytes(file);
    String where = file.toString();
    if (name.endsWith(".pb")) {
      return binary(bytes, where, prototype);
    }
    String text = text(bytes, where);
    if (name.endsWith(".pb_text") || name.endsWith(".textproto") || name.endsWith(".pbtxt")) {
      return checked(TextProto.read(text, where, prototype), where, prototype);
    }
    boolean yaml = name.endsWith(".yaml") || name.endsWith(".yml");
    return yaml || !text.stripLeading().startsWith("{")
        ? readYaml(text, where, prototype)
        : readJson(text, where, prototype);
  }

  /** Reads any message from YAML. */
  public <T extends Message> T readYaml(String text, String where, T prototype)
      throws ConfigException {
    try {
      return fill(YamlTree.parse(text), where, prototype);
    } catch (TreeException e) {
      throw at(where, e);
    }
  }

  /** Reads any message from JSON. */
  public <T extends Message> T readJson(String text, String where, T prototype)
      throws ConfigException {
    try {
      return fill(YamlTree.parseJson(text), where, prototype);
    } catch (TreeException e) {
      throw at(where, e);
    }
  }

  private <T extends Message> T fill(Node tree, String where, T prototype)
      throws TreeException, ConfigException {
    Message message =
        allowUnknownFields
            ? MessageReader.lenient(
                tree, prototype, (line, text) -> leftOut("%s:%d: %s".formatted(where, line, text)))
            : MessageReader.strict(tree, prototype);
    return checked(message, where, prototype);
  }

  private static ConfigException at(String where, TreeException e) {
    String line = e.line() == 0 ? "" : ":" + e.line();
    return new ConfigException(where + line + ": " + e.reason());
  }

  private <T extends Message> T binary(byte[] bytes, String where, T prototype)
      throws ConfigException {
    Message message;
    try {
      message = prototype.getParserForType().parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new ConfigException(
          where + ": not a binary " + TypeDescriptors.of(prototype).getFullName(), e);
    }
    List<String> unknown = UnknownFields.in(message);
    if (!unknown.isEmpty() && !allowUnknownFields) {
      throw new ConfigException(where + ": unknown fields: " + String.join(", ", unknown));
    }
    for (String path : unknown) {
      leftOut(where + ": unknown field " + path);
    }
    return checked(message, where, prototype);
  }

  private void leftOut(String warning) {
    unknownFields++;
    warn.accept(warning);
  }

  private static <T extends Message> T checked(Message message, String where, T prototype)
      throws ConfigException {
    try {
      if (!WireCheck.passes(TypeDescriptors.of(message), message.toByteString())) {
        Constraints.check(message);
      }
    } catch (ConfigException e) {
      throw new ConfigException(where + ": " + e.reason(), e);
    }
    @SuppressWarnings("unchecked") // built from the prototype
    Class<T> type = (Class<T>) prototype.getClass();
    return type.cast(message);
  }

  private static String text(byte[] bytes, String where) throws ConfigException {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new ConfigException(where + ": not UTF-8", e);
    }
  }

  private static byte[] bytes(Path file) throws ConfigException {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new ConfigException(file + ": " + size + " bytes are more than " + MAX_BYTES);
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new ConfigException("unable to read file: " + file + " (" + e + ")", e);
    }
  }
}
