package io.bifocal.api.tree;

import org.jspecify.annotations.Nullable;

/** Where a value is in a message; written out only when something is wrong. */
record Path(@Nullable Path parent, String segment, int depth) {
  static final Path ROOT = new Path(null, "", 0);

  Path field(String name) {
    return new Path(this, parent == null ? name : "." + name, depth + 1);
  }

  Path index(int index) {
    return new Path(this, "[" + index + "]", depth + 1);
  }

  Path key(String key) {
    return new Path(this, "['" + key + "']", depth + 1);
  }

  TreeException wrong(Node node, String text) {
    return wrong(node.line(), text);
  }

  TreeException wrong(int line, String text) {
    return new TreeException(line, parent == null ? text : this + ": " + text);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    append(text);
    return text.toString();
  }

  private void append(StringBuilder text) {
    if (parent != null) {
      parent.append(text);
    }
    text.append(segment);
  }
}
