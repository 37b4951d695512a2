package io.bifocal.dataplane.http.filter.headermutation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The parameters of a query, decoded; written in the order of their names, as Envoy writes a query
 * that it changes.
 */
final class QueryParameters {
  private static final String PLAIN = "-._~";

  private final SortedMap<String, List<String>> values = new TreeMap<>();

  /** Those of a path; empty when it has no query. */
  static QueryParameters of(String path) {
    QueryParameters parameters = new QueryParameters();
    int question = path.indexOf('?');
    if (question >= 0) {
      for (String pair : path.substring(question + 1).split("&", -1)) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        parameters.add(decoded(name), equals < 0 ? "" : decoded(pair.substring(equals + 1)));
      }
    }
    return parameters;
  }

  boolean contains(String name) {
    return values.containsKey(name);
  }

  void add(String name, String value) {
    values.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
  }

  void set(String name, String value) {
    values.remove(name);
    add(name, value);
  }

  void remove(String name) {
    values.remove(name);
  }

  /** The path with these in place of its own. */
  String in(String path) {
    int question = path.indexOf('?');
    StringBuilder text = new StringBuilder(question < 0 ? path : path.substring(0, question));
    char before = '?';
    for (var each : values.entrySet()) {
      for (String value : each.getValue()) {
        text.append(before);
        encode(each.getKey(), text);
        text.append('=');
        encode(value, text);
        before = '&';
      }
    }
    return text.toString();
  }

  private static String decoded(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    byte[] in = text.getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[in.length];
    int length = 0;
    for (int i = 0; i < in.length; i++) {
      int high = in[i] == '%' && i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
      int low = high < 0 ? -1 : Character.digit(in[i + 2], 16);
      out[length++] = low < 0 ? in[i] : (byte) (high << 4 | low);
      i += low < 0 ? 0 : 2;
    }
    return new String(out, 0, length, StandardCharsets.UTF_8);
  }

  private static void encode(String text, StringBuilder to) {
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          (b >= 'a' && b <= 'z')
              || (b >= 'A' && b <= 'Z')
              || (b >= '0' && b <= '9')
              || PLAIN.indexOf(b) >= 0;
      if (plain) {
        to.append((char) b);
      } else {
        to.append('%').append(String.format("%02X", b));
      }
    }
  }
}
