package io.bifocal.dataplane.http.route;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Values by prefix; finds all prefixes of a text in one walk along it. Immutable. */
final class PrefixTrie<T> {
  /** Takes what stands at one prefix, in the order in which it was added. */
  @FunctionalInterface
  interface Visitor<T> {
    void accept(T[] values);
  }

  private final Node<T> root;

  private PrefixTrie(Node<T> root) {
    this.root = root;
  }

  /** Visits the values of every prefix of a text, the shortest first. */
  void forEachPrefixOf(String text, Visitor<T> visitor) {
    Node<T> node = root;
    int at = 0;
    while (node != null) {
      if (!text.startsWith(node.label, at)) {
        return;
      }
      at += node.label.length();
      if (node.values != null) {
        visitor.accept(node.values);
      }
      node = at == text.length() ? null : node.child(text.charAt(at));
    }
  }

  /** A branch. */
  private static final class Node<T> {
    /** What leads here from the branching before. */
    final String label;

    final T @Nullable [] values;

    // The first characters of the children's labels, sorted.
    private final char[] firsts;
    private final List<Node<T>> children;

    Node(String label, T @Nullable [] values, String firsts, List<Node<T>> children) {
      this.label = label;
      this.values = values;
      this.firsts = firsts.toCharArray();
      this.children = List.copyOf(children);
    }

    @Nullable Node<T> child(char first) {
      int found = Arrays.binarySearch(firsts, first);
      return found < 0 ? null : children.get(found);
    }
  }

  /** Gathers values. */
  static final class Builder<T> {
    private final TreeMap<String, List<T>> values = new TreeMap<>();

    void add(String prefix, T value) {
      values.computeIfAbsent(prefix, key -> new ArrayList<>()).add(value);
    }

    PrefixTrie<T> build(IntFunction<T[]> array) {
      List<String> sorted = List.copyOf(values.keySet());
      return new PrefixTrie<>(node(sorted, 0, sorted.size(), 0, "", array));
    }

    // The prefixes from one place to another have their first characters, and the label, in common.
    private Node<T> node(
        List<String> sorted, int from, int to, int depth, String label, IntFunction<T[]> array) {
      int at = from;
      T[] here = null;
      if (at < to && sorted.get(at).length() == depth) {
        here = values.getOrDefault(sorted.get(at), List.of()).toArray(array.apply(0));
        at++;
      }
      StringBuilder firsts = new StringBuilder();
      List<Node<T>> children = new ArrayList<>();
      while (at < to) {
        char first = sorted.get(at).charAt(depth);
        int end = at;
        while (end < to && sorted.get(end).charAt(depth) == first) {
          end++;
        }
        int deeper = common(sorted.get(at), sorted.get(end - 1));
        String step = sorted.get(at).substring(depth, deeper);
        firsts.append(first);
        children.add(node(sorted, at, end, deeper, step, array));
        at = end;
      }
      return new Node<>(label, here, firsts.toString(), children);
    }

    // Sorted, so that all between two have what these have in common.
    private static int common(String one, String other) {
      int length = Math.min(one.length(), other.length());
      int i = 0;
      while (i < length && one.charAt(i) == other.charAt(i)) {
        i++;
      }
      return i;
    }
  }
}
