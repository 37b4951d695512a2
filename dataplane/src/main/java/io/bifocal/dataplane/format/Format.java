package io.bifocal.dataplane.format;

import com.google.protobuf.Struct;
import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A compiled format. Immutable; any thread may use it.
 *
 * <p>Source: {@code envoy.config.core.v3.SubstitutionFormatString} and Envoy's reference of access
 * log formats.
 */
public final class Format {
  /** What Envoy logs unless configured; ends with a newline. */
  public static final Format DEFAULT = compileDefault();

  /** What is appended; a false answer means that there was no value to append. */
  @FunctionalInterface
  interface Part {
    boolean append(StreamInfo stream, StringBuilder out);
  }

  private final Part whole;
  private final List<String> withoutValue;

  private Format(Part whole, List<String> withoutValue) {
    this.whole = whole;
    this.withoutValue = List.copyOf(withoutValue);
  }

  /** A line of text; what has no value is a hyphen. */
  public static Format text(String format) throws ConfigException {
    return text(format, false);
  }

  /**
   * A line of text.
   *
   * @param omitEmpty whether what has no value is nothing rather than a hyphen
   * @throws ConfigException in Envoy's words when the format has a mistake
   */
  public static Format text(String format, boolean omitEmpty) throws ConfigException {
    List<String> withoutValue = new ArrayList<>();
    String none = omitEmpty ? "" : "-";
    return new Format(joined(format, none, withoutValue), withoutValue);
  }

  /**
   * An object of JSON on a line of its own, its keys sorted. A string that is one command keeps the
   * command's type, and is null where there is no value.
   *
   * @param omitEmpty whether keys without a value are left out
   */
  public static Format json(Struct format, boolean omitEmpty) throws ConfigException {
    List<String> withoutValue = new ArrayList<>();
    Part object = new JsonFormat(omitEmpty, withoutValue).object(format);
    return new Format(
        (stream, out) -> {
          object.append(stream, out);
          out.append('\n');
          return true;
        },
        withoutValue);
  }

  /** One command with nothing around it; null when the text is not that. */
  public static @Nullable Format command(String format) throws ConfigException {
    List<Token> tokens = Token.split(format);
    return tokens.size() == 1 && tokens.get(0) instanceof Token.Invocation ? text(format) : null;
  }

  /** Appends the text for a stream. */
  public void append(StreamInfo stream, StringBuilder out) {
    var unused = whole.append(stream, out);
  }

  /** The text for a stream. */
  public String of(StreamInfo stream) {
    StringBuilder out = new StringBuilder();
    append(stream, out);
    return out.toString();
  }

  /** Commands that are Envoy's too but never have a value here; to be warned of. */
  public List<String> withoutValue() {
    return withoutValue;
  }

  static Part joined(String format, String none, List<String> withoutValue) throws ConfigException {
    List<Part> parts = new ArrayList<>();
    for (Token token : Token.split(format)) {
      if (token instanceof Token.Literal literal) {
        parts.add(
            (stream, out) -> {
              out.append(literal.text());
              return true;
            });
      } else if (token instanceof Token.Invocation invocation) {
        Command command = command(invocation, withoutValue);
        parts.add(
            (stream, out) -> {
              if (!command.append(stream, out)) {
                out.append(none);
              }
              return true;
            });
      }
    }
    Part[] all = parts.toArray(Part[]::new);
    return (stream, out) -> {
      for (Part part : all) {
        part.append(stream, out);
      }
      return true;
    };
  }

  static Command command(Token.Invocation invocation, List<String> withoutValue)
      throws ConfigException {
    if (Commands.withoutValue(invocation)) {
      withoutValue.add(invocation.name());
    }
    return Commands.of(invocation);
  }

  private static Format compileDefault() {
    try {
      return text(
          "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
              + "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
              + "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" "
              + "\"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" "
              + "\"%UPSTREAM_HOST%\"\n");
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }
}
