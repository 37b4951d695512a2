package io.bifocal.dataplane.http;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * One spelling for one path (RFC 3986, section 6), so that a route cannot be passed by. The query
 * is left alone.
 *
 * <p>Source: {@code normalize_path}, {@code merge_slashes} and {@code
 * path_with_escaped_slashes_action}.
 */
record PathNormalization(boolean normalizes, boolean merges, EscapedSlashes escapedSlashes) {
  /** What becomes of {@code %2F} and {@code %5C}. */
  enum EscapedSlashes {
    KEEP,
    REJECT,
    REDIRECT,
    FORWARD
  }

  /** Null when there is no such path. */
  @Nullable String of(String path) {
    if (path.indexOf('#') >= 0) {
      return null;
    }
    if (!path.startsWith("/")) {
      return path;
    }
    String plain = escapedSlashes == EscapedSlashes.KEEP ? path : withSlashes(path);
    if (escapedSlashes == EscapedSlashes.REJECT && !plain.equals(path)) {
      return null;
    }
    String normal = normalizes ? normalize(plain) : plain;
    return normal != null && merges ? mergeSlashes(normal) : normal;
  }

  /** What is told of a path that is refused: as Envoy, without escaped slashes. */
  String told(String path) {
    return escapedSlashes == EscapedSlashes.KEEP ? path : withSlashes(path);
  }

  /** Whether the client is to ask for that path by itself. */
  boolean redirects(String path) {
    return escapedSlashes == EscapedSlashes.REDIRECT
        && path.startsWith("/")
        && !withSlashes(path).equals(path);
  }

  /** With slashes, of both kinds, where they were escaped. */
  static String withSlashes(String path) {
    int end = pathEnd(path);
    int percent = path.indexOf('%');
    if (percent < 0 || percent >= end) {
      return path;
    }
    StringBuilder plain = new StringBuilder(path.length());
    for (int i = 0; i < end; i++) {
      char c = path.charAt(i);
      int decoded = c == '%' && i + 2 < end ? hex(path.charAt(i + 1), path.charAt(i + 2)) : -1;
      if (decoded == '/' || decoded == '\\') {
        plain.append((char) decoded);
        i += 2;
      } else {
        plain.append(c);
      }
    }
    return plain.append(path, end, path.length()).toString();
  }

  /** Without needless escapes, backslashes and dot segments; null when there is no such path. */
  static @Nullable String normalize(String path) {
    int end = pathEnd(path);
    if (isNormal(path, end)) {
      return path;
    }
    String plain = unescape(path, end);
    return plain == null ? null : withoutDots(plain).concat(path.substring(end));
  }

  /** With one slash where there are several. */
  static String mergeSlashes(String path) {
    int end = pathEnd(path);
    int first = path.indexOf("//");
    if (first < 0 || first >= end) {
      return path;
    }
    StringBuilder merged = new StringBuilder(path.length());
    for (int i = 0; i < end; i++) {
      if (path.charAt(i) != '/' || i == 0 || path.charAt(i - 1) != '/') {
        merged.append(path.charAt(i));
      }
    }
    return merged.append(path, end, path.length()).toString();
  }

  private static int pathEnd(String path) {
    int query = path.indexOf('?');
    return query < 0 ? path.length() : query;
  }

  // Most paths are normal, and are not copied.
  private static boolean isNormal(String path, int end) {
    for (int i = 0; i < end; i++) {
      char c = path.charAt(i);
      if (c == '%' || c == '\\' || c < ' ') {
        return false;
      }
      if (c == '.' && i > 0 && path.charAt(i - 1) == '/') {
        return false;
      }
    }
    return true;
  }

  private static @Nullable String unescape(String path, int end) {
    StringBuilder plain = new StringBuilder(end);
    for (int i = 0; i < end; i++) {
      char c = path.charAt(i);
      if (c < ' ') {
        return null;
      }
      if (c == '\\') {
        plain.append('/');
        continue;
      }
      int decoded = c == '%' && i + 2 < end ? hex(path.charAt(i + 1), path.charAt(i + 2)) : -1;
      if (decoded == 0) {
        return null;
      }
      if (decoded > 0 && isUnreserved((char) decoded)) {
        plain.append((char) decoded);
        i += 2;
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }

  private static int hex(char high, char low) {
    int h = Character.digit(high, 16);
    int l = Character.digit(low, 16);
    return h < 0 || l < 0 ? -1 : h * 16 + l;
  }

  private static boolean isUnreserved(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "-._~".indexOf(c) >= 0;
  }

  private static String withoutDots(String path) {
    Deque<String> kept = new ArrayDeque<>();
    int start = 1;
    while (start <= path.length()) {
      int slash = path.indexOf('/', start);
      int stop = slash < 0 ? path.length() : slash;
      String segment = path.substring(start, stop);
      // What follows a semicolon is a parameter of the segment.
      int parameters = segment.indexOf(';');
      String name = parameters < 0 ? segment : segment.substring(0, parameters);
      boolean last = slash < 0;
      if (name.equals("..")) {
        kept.pollLast();
      } else if (!name.equals(".")) {
        kept.addLast(segment);
      }
      if (last && (name.equals(".") || name.equals(".."))) {
        kept.addLast("");
      }
      start = stop + 1;
    }
    StringBuilder joined = new StringBuilder(path.length());
    for (Iterator<String> segments = kept.iterator(); segments.hasNext(); ) {
      joined.append('/').append(segments.next());
    }
    return joined.isEmpty() ? "/" : joined.toString();
  }
}
