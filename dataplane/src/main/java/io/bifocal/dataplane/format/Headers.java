package io.bifocal.dataplane.format;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.stream.StreamInfo;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Commands that read headers; HTTP/2's pseudo headers stand for what HTTP/1 has in its lines. */
final class Headers {
  private Headers() {}

  /** {@code REQ(X?Y)}: the header X, or else Y. */
  static Command request(String names) throws ConfigException {
    return firstOf(
        names,
        name ->
            switch (name) {
              case ":method" -> s -> s.method;
              case ":path" -> s -> s.path;
              case ":authority", "host" -> s -> s.authority;
              case ":scheme" -> s -> s.scheme;
              default -> s -> get(s.requestHeaders, name);
            });
  }

  /** {@code REQ_WITHOUT_QUERY(X?Y)}: the same, up to a question mark. */
  static Command requestWithoutQuery(String names) throws ConfigException {
    Command whole = request(names);
    return (stream, out) -> {
      int start = out.length();
      boolean there = whole.append(stream, out);
      int mark = out.indexOf("?", start);
      if (mark >= 0) {
        out.setLength(mark);
      }
      return there;
    };
  }

  static Command response(String names) throws ConfigException {
    return firstOf(
        names,
        name ->
            name.equals(":status")
                ? s -> s.responseCode == 0 ? null : Integer.toString(s.responseCode)
                : s -> get(s.responseHeaders, name));
  }

  static Command trailer(String names) throws ConfigException {
    return firstOf(names, name -> s -> get(s.responseTrailers, name));
  }

  /** {@code PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)}: with or without the query; which of the paths. */
  static Command path(String parameters) throws ConfigException {
    String[] options = parameters.split(":", -1);
    boolean query =
        switch (options[0]) {
          case "", "WQ" -> true;
          case "NQ" -> false;
          default ->
              throw new ConfigException(
                  "Invalid PATH option: '%s', only 'WQ'/'NQ' are allowed".formatted(options[0]));
        };
    String which = options.length > 1 ? options[1] : "";
    Command.Text path =
        switch (which) {
          case "PATH" -> s -> s.path;
          case "ORIG" -> s -> get(s.requestHeaders, "x-envoy-original-path");
          case "", "ORIG_OR_PATH" -> Headers::originalPath;
          default ->
              throw new ConfigException(
                  "Invalid PATH option: '%s', only 'ORIG'/'PATH'/'ORIG_OR_PATH' are allowed"
                      .formatted(which));
        };
    if (query) {
      return Command.text(path);
    }
    return Command.text(
        s -> {
          CharSequence text = path.of(s);
          int mark = text == null ? -1 : text.toString().indexOf('?');
          return text == null || mark < 0 ? text : text.subSequence(0, mark);
        });
  }

  /**
   * {@code REQUESTED_SERVER_NAME(SNI_ONLY|SNI_FIRST|HOST_FIRST:ORIG|HOST|ORIG_OR_HOST)}: what TLS
   * asked for, the request's host, or the first of them that is known.
   */
  static Command serverName(String parameters) throws ConfigException {
    String[] options = parameters.split(":", -1);
    Command.Text host = host(options.length > 1 ? options[1] : "");
    Command sni = Command.text(s -> s.requestedServerName);
    return switch (options[0]) {
      case "", "SNI_ONLY" -> sni;
      case "SNI_FIRST" -> firstOf(sni, Command.text(host));
      case "HOST_FIRST" -> firstOf(Command.text(host), sni);
      default ->
          throw new ConfigException(
              "Invalid REQUESTED_SERVER_NAME option: '%s', only 'SNI_ONLY'/'SNI_FIRST'/'HOST_FIRST'"
                      .formatted(options[0])
                  + " are allowed");
    };
  }

  private static Command.Text host(String which) throws ConfigException {
    Command.Text original = s -> get(s.requestHeaders, "x-envoy-original-host");
    return switch (which) {
      case "HOST" -> s -> s.authority;
      case "ORIG" -> original;
      case "", "ORIG_OR_HOST" ->
          s -> {
            CharSequence before = original.of(s);
            return before == null ? s.authority : before;
          };
      default ->
          throw new ConfigException(
              "Invalid REQUESTED_SERVER_NAME option: '%s', only 'ORIG_OR_HOST'/'HOST'/'ORIG' are"
                      .formatted(which)
                  + " allowed");
    };
  }

  /** {@code QUERY_PARAM(name)}: the first value of a parameter of the path's query. */
  static Command queryParameter(String name) {
    return Command.text(
        s -> {
          List<String> values = new QueryStringDecoder(s.path).parameters().get(name);
          return values == null || values.isEmpty() ? null : values.get(0);
        });
  }

  /** {@code QUERY_PARAMS(ORIG|PATH|ORIG_OR_PATH)}: the path's query as it is. */
  static Command query(String which) throws ConfigException {
    Command path = path("WQ:" + which);
    return (stream, out) -> {
      int start = out.length();
      if (!path.append(stream, out)) {
        return false;
      }
      int mark = out.indexOf("?", start);
      out.delete(start, mark < 0 ? out.length() : mark + 1);
      return out.length() > start;
    };
  }

  private static CharSequence originalPath(StreamInfo stream) {
    CharSequence original = get(stream.requestHeaders, "x-envoy-original-path");
    return original == null ? stream.path : original;
  }

  private static Command firstOf(String names, Function<String, Command.Text> of)
      throws ConfigException {
    String[] alternatives = names.split("\\?", -1);
    if (alternatives.length > 2) {
      throw new ConfigException("More than 1 alternative header specified in token: " + names);
    }
    for (String name : alternatives) {
      check(name);
    }
    Command main = Command.text(of.apply(alternatives[0].toLowerCase(Locale.ROOT)));
    if (alternatives.length == 1) {
      return main;
    }
    return firstOf(main, Command.text(of.apply(alternatives[1].toLowerCase(Locale.ROOT))));
  }

  private static Command firstOf(Command main, Command other) {
    return (stream, out) -> main.append(stream, out) || other.append(stream, out);
  }

  /** A name is a token of RFC 9110 section 5.6.2, or one with a colon before it. */
  private static void check(String name) throws ConfigException {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean token = Character.isLetterOrDigit(c) || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
      if (!(c < 128 && token) && !(i == 0 && c == ':')) {
        throw new ConfigException(
            "Invalid header configuration. Format string contains invalid characters.");
      }
    }
  }

  private static @Nullable CharSequence get(@Nullable HttpHeaders headers, String name) {
    return headers == null ? null : headers.get(name);
  }
}
