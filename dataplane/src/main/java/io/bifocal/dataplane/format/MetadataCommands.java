package io.bifocal.dataplane.format;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.bifocal.api.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * {@code DYNAMIC_METADATA(namespace:key:…)}, what filters have said of a request, and {@code
 * FILTER_STATE(key)}, what they keep of it.
 */
final class MetadataCommands {
  private static final JsonFormat.Printer JSON =
      JsonFormat.printer().omittingInsignificantWhitespace();

  private MetadataCommands() {}

  static Command dynamic(String parameters) {
    String[] path = parameters.split(":", -1);
    Command text =
        (stream, out) -> {
          Value value = find(stream.dynamicMetadata.get(path[0]), path);
          if (value == null) {
            return false;
          }
          if (value.hasStringValue()) {
            out.append(value.getStringValue());
          } else {
            json(value, out);
          }
          return true;
        };
    return new Command() {
      @Override
      public boolean append(io.bifocal.dataplane.stream.StreamInfo stream, StringBuilder out) {
        return text.append(stream, out);
      }

      @Override
      public Command inJson() {
        return (stream, out) -> {
          Value value = find(stream.dynamicMetadata.get(path[0]), path);
          if (value == null) {
            return false;
          }
          json(value, out);
          return true;
        };
      }
    };
  }

  /** What is kept are messages, which have no plain text and no fields of their own. */
  static Command filterState(String parameters) throws ConfigException {
    String[] words = parameters.split(":", -1);
    String how = words.length > 1 ? words[1] : "TYPED";
    return switch (how) {
      case "TYPED" ->
          Command.json(
              (stream, out) -> {
                String kept = stream.filterState == null ? null : stream.filterState.get(words[0]);
                if (kept != null) {
                  out.append(kept);
                }
                return kept != null;
              });
      case "PLAIN", "FIELD" -> (stream, out) -> false;
      default ->
          throw new ConfigException(
              "Invalid filter state serialize type, only support PLAIN/TYPED/FIELD.");
    };
  }

  private static @Nullable Value find(@Nullable Struct namespace, String[] path) {
    if (namespace == null) {
      return null;
    }
    Value value = Value.newBuilder().setStructValue(namespace).build();
    for (int i = 1; i < path.length && value != null; i++) {
      value = value.getStructValue().getFieldsMap().get(path[i]);
    }
    return value;
  }

  private static void json(Value value, StringBuilder out) {
    try {
      JSON.appendTo(value, out);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e); // it holds no Any that could be unknown
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
