package io.bifocal.api.tree;

import io.bifocal.api.tree.Node.Entry;
import io.bifocal.api.tree.Node.Kind;
import io.bifocal.api.tree.Node.Mapping;
import io.bifocal.api.tree.Node.Scalar;
import io.bifocal.api.tree.Node.Sequence;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** One YAML document, from the parser's events, without recursion. JSON is YAML, too. */
public final class YamlTree {
  /** Of one file; a control plane's largest message is bounded by the same size. */
  static final int MAX_CODE_POINTS = 64 << 20;

  static final int MAX_DEPTH = 100;

  /** What all aliases together may repeat. */
  static final long MAX_ALIASED_NODES = 1_000_000;

  /** Entries under such a key are only a place for anchors. */
  private static final String IGNORE_TAG = "!ignore";

  /** A collection that is still open. */
  private static final class Open {
    final int line;
    final boolean mapping;
    final @Nullable String anchor;
    final List<Node> items = new ArrayList<>();
    final List<Entry> entries = new ArrayList<>();
    final Set<String> keys = new HashSet<>();
    long size = 1;
    @Nullable String key;
    int keyLine;
    boolean ignoreValue;

    Open(int line, boolean mapping, @Nullable String anchor) {
      this.line = line;
      this.mapping = mapping;
      this.anchor = anchor;
    }

    Node close() {
      return mapping
          ? new Mapping(List.copyOf(entries), line, size)
          : new Sequence(List.copyOf(items), line, size);
    }
  }

  private final Deque<Open> open = new ArrayDeque<>();
  private final Map<String, Node> anchors = new HashMap<>();
  private @Nullable Node root;
  private int documents;
  private long aliased;

  private final boolean json;

  private YamlTree(boolean json) {
    this.json = json;
  }

  /**
   * Parses YAML, in which a word without quotes may be a string.
   *
   * @return the document's value; null's scalar if there is none
   */
  public static Node parse(String text) throws TreeException {
    return parse(text, false);
  }

  /** Parses JSON: numbers are numbers whatever their size. */
  public static Node parseJson(String text) throws TreeException {
    // YAML forbids tabs for indentation; JSON forbids them only inside of strings.
    return parse(text.replace('\t', ' '), true);
  }

  private static Node parse(String text, boolean json) throws TreeException {
    LoadSettings settings =
        LoadSettings.builder().setCodePointLimit(MAX_CODE_POINTS).setUseMarks(true).build();
    YamlTree tree = new YamlTree(json);
    try {
      for (Event event : new Parse(settings).parseString(text)) {
        tree.take(event);
      }
    } catch (MarkedYamlEngineException e) {
      throw new TreeException(line(e.getProblemMark()), e.getProblem());
    } catch (YamlEngineException e) {
      throw new TreeException(0, String.valueOf(e.getMessage()));
    }
    return tree.root == null ? new Scalar(Kind.NULL, "null", 1) : tree.root;
  }

  private static int line(Optional<Mark> mark) {
    return mark.map(m -> m.getLine() + 1).orElse(0);
  }

  private void take(Event event) throws TreeException {
    int line = line(event.getStartMark());
    if (event instanceof DocumentStartEvent) {
      if (++documents > 1) {
        throw new TreeException(line, "a second document in the same file");
      }
    } else if (event instanceof CollectionStartEvent start) {
      Open parent = open.peek();
      if (parent != null && parent.mapping && parent.key == null) {
        throw new TreeException(line, "a key must be a scalar");
      }
      if (open.size() == MAX_DEPTH) {
        throw new TreeException(line, "nested deeper than " + MAX_DEPTH + " levels");
      }
      open.push(new Open(line, start instanceof MappingStartEvent, anchor(start)));
    } else if (event instanceof CollectionEndEvent) {
      Open closed = open.pop();
      Node node = closed.close();
      remember(closed.anchor, node);
      add(node);
    } else if (event instanceof AliasEvent alias) {
      String name = alias.getAlias().getValue();
      Node node = anchors.get(name);
      if (node == null) {
        throw new TreeException(line, "alias '*" + name + "' has no anchor before it");
      }
      aliased += node.size();
      if (aliased > MAX_ALIASED_NODES) {
        throw new TreeException(
            line, "aliases repeat more than " + MAX_ALIASED_NODES + " values in all");
      }
      if (!takenAsKey(node, line, false)) {
        add(node);
      }
    } else if (event instanceof ScalarEvent scalar) {
      // A key is text whatever it looks like.
      Scalar text = new Scalar(Kind.STRING, scalar.getValue(), line);
      boolean ignore = scalar.getTag().filter(IGNORE_TAG::equals).isPresent();
      if (takenAsKey(text, line, ignore)) {
        remember(anchor(scalar), text);
      } else {
        Node value = scalar.isPlain() ? plain(scalar.getValue(), line) : text;
        remember(anchor(scalar), value);
        add(value);
      }
    }
  }

  private Scalar plain(String text, int line) throws TreeException {
    if (!json) {
      return PlainScalars.resolve(text, line);
    }
    Scalar value = PlainScalars.json(text, line);
    if (value == null) {
      throw new TreeException(line, "not JSON: " + text);
    }
    return value;
  }

  private static @Nullable String anchor(NodeEvent event) {
    return event.getAnchor().map(a -> a.getValue()).orElse(null);
  }

  private void remember(@Nullable String anchor, Node node) {
    if (anchor != null) {
      anchors.put(anchor, node);
    }
  }

  private boolean takenAsKey(Node node, int line, boolean ignore) throws TreeException {
    Open parent = open.peek();
    if (parent == null || !parent.mapping || parent.key != null) {
      return false;
    }
    if (!(node instanceof Scalar scalar)) {
      throw new TreeException(line, "a key must be a scalar");
    }
    parent.key = scalar.text();
    parent.keyLine = line;
    parent.ignoreValue = ignore;
    return true;
  }

  private void add(Node node) throws TreeException {
    Open parent = open.peek();
    if (parent == null) {
      root = node;
      return;
    }
    if (!parent.mapping) {
      parent.items.add(node);
      parent.size += node.size();
      return;
    }
    String key = parent.key;
    if (key == null) {
      throw new IllegalStateException("a value without a key");
    }
    parent.key = null;
    if (parent.ignoreValue) {
      return;
    }
    if (!parent.keys.add(key)) {
      throw new TreeException(parent.keyLine, "duplicate key '" + key + "'");
    }
    parent.entries.add(new Entry(key, parent.keyLine, node));
    parent.size += node.size();
  }
}
