package io.bifocal.api.tree;

import java.util.List;

/** A value as it was written, and the line (from 1) that it was written on. */
public sealed interface Node {
  int line();

  /** How many nodes hang here, this one included; what an alias costs. */
  long size();

  /** What a scalar is before a field says what it should be: the types of JSON. */
  enum Kind {
    NULL,
    BOOL,
    NUMBER,
    STRING
  }

  /**
   * A leaf.
   *
   * @param text for BOOL {@code true} or {@code false}, for NUMBER decimal
   */
  record Scalar(Kind kind, String text, int line) implements Node {
    @Override
    public long size() {
      return 1;
    }
  }

  /** A list. */
  record Sequence(List<Node> items, int line, long size) implements Node {}

  /** An object; its keys differ. */
  record Mapping(List<Entry> entries, int line, long size) implements Node {}

  /** A key and what it leads to. */
  record Entry(String key, int line, Node value) {}

  /** For messages: {@code a list}. */
  default String described() {
    if (this instanceof Scalar scalar) {
      return switch (scalar.kind()) {
        case NULL -> "null";
        case BOOL -> "the boolean " + scalar.text();
        case NUMBER -> "the number " + scalar.text();
        case STRING -> "a string";
      };
    }
    return this instanceof Sequence ? "a list" : "an object";
  }
}
