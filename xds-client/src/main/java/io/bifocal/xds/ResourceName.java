package io.bifocal.xds;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A structured name, {@code xdstp://authority/type/id?key=value#directives} ({@code
 * xds.core.v3.ResourceName}). Two texts name one resource when their {@link #toString canonical
 * forms} are equal: the order of context parameters does not count, nor how characters are escaped
 * that need not be.
 *
 * @param authority who answers for it; may be empty
 * @param type the resource's message, such as {@code envoy.config.cluster.v3.Cluster}
 * @param id unescaped; one that ends with {@code /*}, or is {@code *}, names a collection
 * @param context unescaped parameters, which are part of the name
 * @param directives as written, {@code alt=…} or {@code entry=…}; for whoever resolves the name,
 *     and no part of it
 */
public record ResourceName(
    String authority,
    String type,
    String id,
    SortedMap<String, String> context,
    List<String> directives) {
  private static final String SCHEME = "xdstp:";
  private static final String GLOB = "*";

  /** Copies. */
  public ResourceName {
    context = Collections.unmodifiableSortedMap(new TreeMap<>(context));
    directives = List.copyOf(directives);
  }

  /** Whether a name is meant to be structured; all others are opaque. */
  public static boolean isStructured(String name) {
    return name.startsWith(SCHEME);
  }

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException in Envoy's words, when it is none
   */
  public static ResourceName parse(String text) {
    if (!isStructured(text)) {
      throw new IllegalArgumentException(text + " does not have an xdstp: scheme");
    }
    String rest = text.startsWith("//", SCHEME.length()) ? text.substring(SCHEME.length() + 2) : "";
    int slash = rest.indexOf('/');
    String authority = slash < 0 ? rest : rest.substring(0, slash);
    String path = slash < 0 ? "/" : rest.substring(slash);
    List<String> directives = List.of();
    int fragment = path.indexOf('#');
    if (fragment >= 0) {
      directives = directives(path.substring(fragment + 1));
      path = path.substring(0, fragment);
    }
    SortedMap<String, String> context = new TreeMap<>();
    int query = path.indexOf('?');
    if (query >= 0) {
      context = context(path.substring(query + 1));
      path = path.substring(0, query);
    }
    int end = path.indexOf('/', 1);
    String type = end < 0 ? path.substring(1) : path.substring(1, end);
    if (type.isEmpty()) {
      throw new IllegalArgumentException("Resource type missing from " + path);
    }
    String id = end < 0 ? "" : unescape(path.substring(end + 1));
    return new ResourceName(unescape(authority), type, id, context, directives);
  }

  /** The canonical form of a structured name; any other name, and one that is bad, as it is. */
  public static String canonical(String name) {
    if (!isStructured(name)) {
      return name;
    }
    try {
      return parse(name).toString();
    } catch (IllegalArgumentException e) {
      return name;
    }
  }

  /** The canonical name of the collection that a structured name is a member of, if it may be. */
  public static @Nullable String collectionOf(String name) {
    if (!isStructured(name)) {
      return null;
    }
    ResourceName member;
    try {
      member = parse(name);
    } catch (IllegalArgumentException e) {
      return null;
    }
    String folder = member.id.substring(0, member.id.lastIndexOf('/') + 1);
    return new ResourceName(member.authority, member.type, folder + GLOB, member.context, List.of())
        .toString();
  }

  /** Whether a name, in its canonical form or not, is that of a collection. */
  public static boolean isCollection(String name) {
    if (!isStructured(name)) {
      return false;
    }
    try {
      return parse(name).isCollection();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether it names whatever is one step below it. */
  public boolean isCollection() {
    return id.equals(GLOB) || id.endsWith("/" + GLOB);
  }

  /** The canonical form, as it is said to servers; without the directives. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(SCHEME).append("//");
    text.append(escape(authority, "%/?#")).append('/').append(type);
    if (!id.isEmpty()) {
      text.append('/').append(escape(id, "%:?#[]"));
    }
    if (!context.isEmpty()) {
      text.append(
          context.entrySet().stream()
              .map(ResourceName::parameter)
              .sorted()
              .collect(Collectors.joining("&", "?", "")));
    }
    return text.toString();
  }

  private static String parameter(Map.Entry<String, String> parameter) {
    return escape(parameter.getKey(), "%#[]&=") + "=" + escape(parameter.getValue(), "%#[]&=");
  }

  // Of a key that is there twice, the first value counts.
  private static SortedMap<String, String> context(String query) {
    SortedMap<String, String> context = new TreeMap<>();
    for (String parameter : query.split("&", -1)) {
      int equals = parameter.indexOf('=');
      String key = unescape(equals < 0 ? parameter : parameter.substring(0, equals));
      String value = equals < 0 ? "" : unescape(parameter.substring(equals + 1));
      if (!parameter.isEmpty()) {
        context.putIfAbsent(key, value);
      }
    }
    return context;
  }

  private static List<String> directives(String fragment) {
    List<String> directives = new ArrayList<>();
    for (String directive : fragment.split(",", -1)) {
      if (!directive.startsWith("alt=") && !directive.startsWith("entry=")) {
        throw new IllegalArgumentException("Unknown fragment component " + directive);
      }
      directives.add(directive);
    }
    return directives;
  }

  private static String escape(String text, String reserved) {
    StringBuilder escaped = new StringBuilder();
    for (byte b : text.getBytes(UTF_8)) {
      if (b < ' ' || b >= '~' || reserved.indexOf(b) >= 0) { // negative beyond ASCII
        escaped.append('%').append("%02X".formatted(b & 0xff));
      } else {
        escaped.append((char) b);
      }
    }
    return escaped.toString();
  }

  // A percent sign that escapes nothing stands for itself.
  private static String unescape(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    byte[] bytes = text.getBytes(UTF_8);
    ByteArrayOutputStream plain = new ByteArrayOutputStream(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      int high = i + 2 < bytes.length && bytes[i] == '%' ? Character.digit(bytes[i + 1], 16) : -1;
      int low = high < 0 ? -1 : Character.digit(bytes[i + 2], 16);
      if (low < 0) {
        plain.write(bytes[i]);
      } else {
        plain.write(high << 4 | low);
        i += 2;
      }
    }
    return plain.toString(UTF_8);
  }
}
