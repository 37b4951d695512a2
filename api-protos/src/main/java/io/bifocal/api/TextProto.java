package io.bifocal.api;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TypeRegistry;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Protobuf's text format, in which {@code [type.googleapis.com/x.Y] { … }} fills an {@code Any}.
 */
final class TextProto {
  private static final Pattern EXPANDED_ANY = Pattern.compile("\\[\\s*([\\w.-]+/[\\w.]+)\\s*]");

  private static final Pattern POSITION = Pattern.compile("(^|\\n)\\d+:\\d+:\\s");

  private TextProto() {}

  static <T extends Message> T read(String text, String where, T prototype) throws ConfigException {
    Message.Builder builder = prototype.newBuilderForType();
    try {
      TextFormat.Parser.newBuilder()
          .setTypeRegistry(typesNamedIn(text))
          .build()
          .merge(text, builder);
    } catch (TextFormat.ParseException e) {
      throw new ConfigException(where + ":" + e.getLine() + ": " + oneLine(e), e);
    }
    @SuppressWarnings("unchecked") // built from the prototype
    Class<T> type = (Class<T>) prototype.getClass();
    return type.cast(builder.build());
  }

  /** Without its positions, which stand before each of its lines. */
  private static String oneLine(TextFormat.ParseException e) {
    return POSITION.matcher(String.valueOf(e.getMessage())).replaceAll(" ").strip();
  }

  /** The parser wants its types at once; only those that the text names are loaded. */
  private static TypeRegistry typesNamedIn(String text) {
    TypeRegistry.Builder types = TypeRegistry.newBuilder();
    Matcher matcher = EXPANDED_ANY.matcher(text);
    while (matcher.find()) {
      MessageTypes.descriptor(matcher.group(1)).ifPresent(types::add);
    }
    return types.build();
  }
}
