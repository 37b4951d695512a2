package io.bifocal.dataplane.http.route;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.bifocal.api.ConfigException;
import io.bifocal.api.Extensions;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A path with variables, as {@code /users/{id}/*}: {@code *} is one segment, {@code **} any number
 * of them, {@code {name=a/*}} catches what its own template matches. Source: {@code
 * UriTemplateMatchConfig} and Envoy's documentation of it.
 */
public record UriTemplate(
    String written, Pattern pattern, Set<String> variables, String literalPrefix) {
  private static final String CHARACTERS = "a-zA-Z0-9\\-._~%!$&'()+,;:@";
  private static final Pattern LITERAL = Pattern.compile("[" + CHARACTERS + "]+");
  private static final Pattern FILLING = Pattern.compile("[" + CHARACTERS + "/]+");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z][a-zA-Z0-9_]*");
  private static final Pattern PRINTABLE = Pattern.compile("/[[:graph:]]*");
  private static final int MOST_VARIABLES = 5;
  private static final int LONGEST_NAME = 16;

  /**
   * The template that an extension's configuration is.
   *
   * @throws ConfigException in Envoy's words when it is none
   */
  public static UriTemplate of(TypedExtensionConfig config) throws ConfigException {
    return of(
        Extensions.only(
                UriTemplateMatchConfig.getDefaultInstance(),
                config.getName(),
                config.getTypedConfig())
            .getPathTemplate());
  }

  /** Whether it is a template of this path, which comes without its query. */
  public boolean matches(String path) {
    return pattern.matches(path);
  }

  static UriTemplate of(String written) throws ConfigException {
    Reader reader = new Reader(written);
    String regex = reader.read();
    int first = 0;
    while (first < written.length() && "{*".indexOf(written.charAt(first)) < 0) {
      first++;
    }
    return new UriTemplate(
        written, Pattern.compile(regex), Set.copyOf(reader.names), written.substring(0, first));
  }

  /**
   * Makes paths of what this template has caught.
   *
   * @throws ConfigException when it has variables that are not here
   */
  Filling filling(String rewrite) throws ConfigException {
    List<String> parts = parts(rewrite);
    for (int i = 1; i < parts.size(); i += 2) {
      if (!variables.contains(parts.get(i))) {
        throw new ConfigException(
            "mismatch between variables in path_match_policy %s and path_rewrite_policy %s"
                .formatted(written, rewrite));
      }
    }
    return new Filling(pattern, parts);
  }

  // Texts and names in turn.
  private static List<String> parts(String rewrite) throws ConfigException {
    List<String> parts = new ArrayList<>();
    if (!rewrite.startsWith("/") || rewrite.contains("//")) {
      throw invalidRewrite(rewrite);
    }
    int at = 0;
    while (at <= rewrite.length()) {
      int open = rewrite.indexOf('{', at);
      String text = rewrite.substring(at, open < 0 ? rewrite.length() : open);
      if (!text.isEmpty() && !FILLING.matches(text)) {
        throw invalidRewrite(rewrite);
      }
      parts.add(text);
      if (open < 0) {
        break;
      }
      int close = rewrite.indexOf('}', open);
      if (close < 0 || !NAME.matches(rewrite.substring(open + 1, close))) {
        throw invalidRewrite(rewrite);
      }
      parts.add(rewrite.substring(open + 1, close));
      at = close + 1;
    }
    return parts;
  }

  private static ConfigException invalidRewrite(String rewrite) {
    return new ConfigException(
        "path_rewrite_policy.path_template_rewrite %s is invalid".formatted(rewrite));
  }

  /** Texts and variables in turn. */
  record Filling(Pattern pattern, List<String> parts) {
    Filling {
      parts = List.copyOf(parts);
    }

    /** Null when the path does not match. */
    @Nullable String of(String path) {
      Matcher matcher = pattern.matcher(path);
      if (!matcher.matches()) {
        return null;
      }
      StringBuilder filled = new StringBuilder();
      for (int i = 0; i < parts.size(); i++) {
        filled.append(i % 2 == 0 ? parts.get(i) : matcher.group(parts.get(i)));
      }
      return filled.toString();
    }
  }

  /** From a template to a regular expression. */
  private static final class Reader {
    private final String written;
    private final Set<String> names = new LinkedHashSet<>();
    private boolean anySegments;

    Reader(String written) {
      this.written = written;
    }

    String read() throws ConfigException {
      if (!PRINTABLE.matches(written)) {
        throw invalid();
      }
      StringBuilder regex = new StringBuilder();
      int at = 0;
      while (at < written.length()) {
        // At a slash.
        regex.append('/');
        int end = endOfSegment(at + 1);
        String segment = written.substring(at + 1, end);
        boolean last = end == written.length();
        if (segment.isEmpty() && !last) {
          throw invalid();
        }
        regex.append(segment(segment, last));
        at = end;
      }
      return regex.toString();
    }

    // Slashes within a variable do not count.
    private int endOfSegment(int from) {
      int depth = 0;
      for (int i = from; i < written.length(); i++) {
        char c = written.charAt(i);
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (c == '/' && depth <= 0) {
          return i;
        }
      }
      return written.length();
    }

    // A glob or a variable, and at the very end of the template what follows it; or a literal.
    private String segment(String segment, boolean last) throws ConfigException {
      if (segment.isEmpty()) {
        return "";
      }
      if (segment.charAt(0) != '*' && segment.charAt(0) != '{') {
        return literal(segment);
      }
      int length = segment.startsWith("**") ? 2 : 1;
      if (segment.charAt(0) == '{') {
        length = segment.indexOf('}') + 1;
        if (length == 0) {
          throw invalid();
        }
      }
      String suffix = segment.substring(length);
      if (!suffix.isEmpty() && !last) {
        throw invalid();
      }
      String glob = segment.substring(0, length);
      String regex = glob.charAt(0) == '{' ? variable(glob) : glob(glob);
      return suffix.isEmpty() ? regex : regex + literal(suffix);
    }

    private String variable(String braced) throws ConfigException {
      String inner = braced.substring(1, braced.length() - 1);
      int equals = inner.indexOf('=');
      String name = equals < 0 ? inner : inner.substring(0, equals);
      if (!NAME.matches(name)
          || name.length() > LONGEST_NAME
          || !names.add(name)
          || names.size() > MOST_VARIABLES) {
        throw invalid();
      }
      if (equals < 0) {
        return "(?P<" + name + ">" + glob("*") + ")";
      }
      List<String> parts = new ArrayList<>();
      for (String part : inner.substring(equals + 1).split("/", -1)) {
        parts.add(part.equals("*") || part.equals("**") ? glob(part) : literal(part));
      }
      return "(?P<" + name + ">" + String.join("/", parts) + ")";
    }

    private String glob(String glob) throws ConfigException {
      if (anySegments) {
        throw invalid(); // it would be anybody's guess where the one before ends
      }
      anySegments = glob.equals("**");
      return anySegments ? "[" + CHARACTERS + "/]*" : "[" + CHARACTERS + "]+";
    }

    private String literal(String text) throws ConfigException {
      if (!LITERAL.matches(text)) {
        throw invalid();
      }
      return text.chars()
          .mapToObj(c -> ("$()+.".indexOf(c) < 0 ? "" : "\\") + (char) c)
          .collect(Collectors.joining());
    }

    private ConfigException invalid() {
      return new ConfigException(
          "path_match_policy.path_template %s is invalid".formatted(written));
    }
  }
}
