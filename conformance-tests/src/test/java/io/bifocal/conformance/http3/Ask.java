package io.bifocal.conformance.http3;

import java.util.ArrayList;
import java.util.List;

/** A request, field by field, whether it is allowed or not; as the client of aioquic reads it. */
final class Ask {
  private final List<String> head = new ArrayList<>();
  private final List<String> parts = new ArrayList<>();
  private boolean end = true;
  private boolean half;
  private String path = "";

  /** With the pseudo-headers that there should be. */
  static Ask of(String method, String path) {
    return new Ask()
        .with(":method", method)
        .with(":scheme", "https")
        .with(":authority", "one.test")
        .with(":path", path);
  }

  static Ask get(String path) {
    return of("GET", path);
  }

  /** Without anything. */
  static Ask bare() {
    return new Ask();
  }

  Ask with(String name, String value) {
    if (name.equals(":path") && path.isEmpty()) {
      path = value;
    }
    head.add("[\"%s\", \"%s\"]".formatted(name, value));
    return this;
  }

  /** Then this goes out: an object of JSON. */
  Ask then(String part) {
    parts.add("{" + part + "}");
    return this;
  }

  Ask data(String text) {
    return then("\"data\": \"" + text + "\"");
  }

  Ask trailers(String name, String value) {
    return then("\"head\": [[\"%s\", \"%s\"]]".formatted(name, value));
  }

  /** What the log calls it. */
  String path() {
    return path;
  }

  /** Only the first half of its head. */
  Ask half() {
    half = true;
    return open();
  }

  /** Does not end. */
  Ask open() {
    end = false;
    return this;
  }

  String json(String connection) {
    return "{\"ask\": \"%s\", \"head\": [%s], \"then\": [%s], \"end\": %s, \"half\": %s}"
        .formatted(connection, String.join(", ", head), String.join(", ", parts), end, half);
  }

  /** To be asked for by that name later. */
  String json(String connection, String id) {
    return json(connection).replaceFirst("^\\{", "{\"as\": \"" + id + "\", ");
  }
}
