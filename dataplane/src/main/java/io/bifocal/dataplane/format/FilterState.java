package io.bifocal.dataplane.format;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.StreamInfo;

/**
 * {@code FILTER_STATE(key:PLAIN|TYPED|FIELD:name)}: what filters keep of a stream, or of its
 * connection: texts, and messages in JSON, which have no plain text. Neither has fields.
 */
final class FilterState {
  private FilterState() {}

  static Command of(String parameters) throws ConfigException {
    String[] parts = parameters.split(":", -1);
    String key = parts[0];
    if (key.isEmpty()) {
      throw new ConfigException("Invalid filter state configuration, key cannot be empty.");
    }
    Command text = Command.text(stream -> stream.filterState(key));
    Command quoted = JsonString.quoted(text);
    return switch (parts.length == 1 ? "TYPED" : parts[1]) {
      case "PLAIN" -> (stream, out) -> !isMessage(stream, key) && text.append(stream, out);
      case "TYPED" ->
          Command.json(
              (stream, out) -> (isMessage(stream, key) ? text : quoted).append(stream, out));
      case "FIELD" -> (stream, out) -> false;
      default ->
          throw new ConfigException(
              "Invalid filter state serialize type, only support PLAIN/TYPED/FIELD.");
    };
  }

  /** What filters of upstreams keep: there are none. */
  static Command ofUpstream(String parameters) throws ConfigException {
    var unused = of(parameters);
    return (stream, out) -> false;
  }

  private static boolean isMessage(StreamInfo stream, String key) {
    String found = stream.filterState(key);
    return found != null && found.startsWith("{");
  }
}
