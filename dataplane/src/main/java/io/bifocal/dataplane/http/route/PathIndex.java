package io.bifocal.dataplane.http.route;

import io.bifocal.dataplane.http.codec.RequestHead;
import io.bifocal.dataplane.stream.StreamInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Routes by their paths, so that few of many are looked at: whole paths by hash, all others by what
 * their paths must begin with. Among those that may match the first in the table's order counts,
 * which is how far each list is looked into. Immutable.
 */
final class PathIndex {
  private final Half asWritten;
  // Null when no route ignores case.
  private final @Nullable Half inLowerCase;

  private PathIndex(Half asWritten, @Nullable Half inLowerCase) {
    this.asWritten = asWritten;
    this.inLowerCase = inLowerCase;
  }

  static PathIndex of(List<Route> routes) {
    Map<String, List<Placed>> whole = new HashMap<>();
    Map<String, List<Placed>> wholeLower = new HashMap<>();
    PrefixTrie.Builder<Placed> prefixes = new PrefixTrie.Builder<>();
    PrefixTrie.Builder<Placed> prefixesLower = new PrefixTrie.Builder<>();
    boolean anyLower = false;
    for (int i = 0; i < routes.size(); i++) {
      Placed placed = new Placed(i, routes.get(i));
      PathMatch path = routes.get(i).path();
      if (path instanceof PathMatch.Exact exact) {
        anyLower |= exact.ignoreCase();
        (exact.ignoreCase() ? wholeLower : whole)
            .computeIfAbsent(
                exact.ignoreCase()
                    ? lower(exact.wanted(), exact.wanted().length())
                    : exact.wanted(),
                key -> new ArrayList<>())
            .add(placed);
      } else {
        boolean ignoreCase = ignoresCase(path);
        anyLower |= ignoreCase;
        String beginning = beginning(path);
        (ignoreCase ? prefixesLower : prefixes)
            .add(ignoreCase ? lower(beginning, beginning.length()) : beginning, placed);
      }
    }
    return new PathIndex(
        new Half(frozen(whole), prefixes.build(Placed[]::new)),
        anyLower ? new Half(frozen(wholeLower), prefixesLower.build(Placed[]::new)) : null);
  }

  private static Map<String, Placed[]> frozen(Map<String, List<Placed>> lists) {
    Map<String, Placed[]> frozen = new HashMap<>();
    lists.forEach((key, list) -> frozen.put(key, list.toArray(Placed[]::new)));
    return frozen;
  }

  private static boolean ignoresCase(PathMatch path) {
    return (path instanceof PathMatch.Prefix prefix && prefix.ignoreCase())
        || (path instanceof PathMatch.Separated separated && separated.ignoreCase());
  }

  /** What every path begins with that matches. */
  private static String beginning(PathMatch path) {
    if (path instanceof PathMatch.Prefix prefix) {
      return prefix.prefix();
    }
    if (path instanceof PathMatch.Separated separated) {
      return separated.prefix();
    }
    if (path instanceof PathMatch.Template template) {
      return template.template().literalPrefix();
    }
    return path instanceof PathMatch.Regex regex ? LiteralPrefix.of(regex.pattern().pattern()) : "";
  }

  private static String lower(String text, int end) {
    char[] chars = text.substring(0, end).toCharArray();
    for (int i = 0; i < chars.length; i++) {
      chars[i] = PathMatch.lower(chars[i]);
    }
    return new String(chars);
  }

  /** The first route that is for a request. */
  @Nullable Route first(RequestHead head, int pathEnd, StreamInfo info, long random) {
    String path = head.path;
    Search search = new Search(head, pathEnd, info, random);
    asWritten.search(pathEnd == path.length() ? path : path.substring(0, pathEnd), search);
    if (inLowerCase != null) {
      inLowerCase.search(lower(path, pathEnd), search);
    }
    return search.best == null ? null : search.best.route;
  }

  /** A route and its place in the table. */
  private record Placed(int place, Route route) {}

  /** Paths as they are compared: as they are written, or in lower case. */
  private record Half(Map<String, Placed[]> whole, PrefixTrie<Placed> prefixes) {
    void search(String path, Search search) {
      Placed[] exact = whole.get(path);
      if (exact != null) {
        search.accept(exact);
      }
      prefixes.forEachPrefixOf(path, search);
    }
  }

  /** The first so far. */
  private static final class Search implements PrefixTrie.Visitor<Placed> {
    private final RequestHead head;
    private final int pathEnd;
    private final StreamInfo info;
    private final long random;
    private @Nullable Placed best;

    Search(RequestHead head, int pathEnd, StreamInfo info, long random) {
      this.head = head;
      this.pathEnd = pathEnd;
      this.info = info;
      this.random = random;
    }

    @Override
    public void accept(Placed[] inOrder) {
      for (Placed candidate : inOrder) {
        if (best != null && candidate.place > best.place) {
          return;
        }
        if (candidate.route.matches(head, pathEnd, info, random)) {
          best = candidate;
          return;
        }
      }
    }
  }
}
