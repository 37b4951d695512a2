package io.bifocal.dataplane.http.filter.headermutation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The parameters of a query, found by their decoded names; written in the order of these, as Envoy
 * writes a query that it changes, but what is not changed as it came.
 */
final class QueryParameters {
  private static final String PLAIN = "-._~";

  // Names with values, as they are written.
  private final SortedMap<String, List<String>> pairs = new TreeMap<>();

  /** Those of a path; empty when it has no query. */
  static QueryParameters of(String path) {
    QueryParameters parameters = new QueryParameters();
    int question = path.indexOf('?');
    if (question >= 0) {
      for (String pair : path.substring(question + 1).split("&", -1)) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        parameters.put(decoded(name), equals < 0 ? pair + "=" : pair);
      }
    }
    return parameters;
  }

  boolean contains(String name) {
    return pairs.containsKey(name);
  }

  void add(String name, String value) {
    StringBuilder pair = new StringBuilder();
    encode(name, pair);
    encode(value, pair.append('='));
    put(name, pair.toString());
  }

  private void put(String name, String pair) {
    pairs.computeIfAbsent(name, key -> new ArrayList<>()).add(pair);
  }

  void set(String name, String value) {
    pairs.remove(name);
    add(name, value);
  }

  void remove(String name) {
    pairs.remove(name);
  }

  /** The path with these in place of its own. */
  String in(String path) {
    int question = path.indexOf('?');
    StringBuilder text = new StringBuilder(question < 0 ? path : path.substring(0, question));
    char before = '?';
    for (List<String> ofOneName : pairs.values()) {
      for (String pair : ofOneName) {
        text.append(before).append(pair);
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
