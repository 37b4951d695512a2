package io.bifocal.dataplane.stats;

import java.util.AbstractCollection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of one kind, of all scopes, sorted by their full names. Walks from scope to scope: a
 * million of them are never together in memory.
 */
final class SortedStats<S extends Statistic> extends AbstractCollection<S> {
  private final NavigableMap<String, ScopeStats> scopes;
  private final Function<ScopeStats, List<S>> kind;
  private final String beginning;

  SortedStats(NavigableMap<String, ScopeStats> scopes, Function<ScopeStats, List<S>> kind) {
    this(scopes, kind, "");
  }

  /**
   * @param beginning scopes in which no name begins so are passed over
   */
  SortedStats(
      NavigableMap<String, ScopeStats> scopes,
      Function<ScopeStats, List<S>> kind,
      String beginning) {
    this.scopes = scopes;
    this.kind = kind;
    this.beginning = beginning;
  }

  private boolean mayHold(String prefix) {
    return prefix.startsWith(beginning) || beginning.startsWith(prefix);
  }

  @Override
  public Iterator<S> iterator() {
    return new Walk();
  }

  // Not by the size, for which all of them would have to be made.
  @Override
  public Spliterator<S> spliterator() {
    return Spliterators.spliteratorUnknownSize(
        iterator(), Spliterator.ORDERED | Spliterator.NONNULL);
  }

  @Override
  public int size() {
    return scopes.entrySet().stream()
        .filter(scope -> mayHold(scope.getKey()))
        .mapToInt(scope -> kind.apply(scope.getValue()).size())
        .sum();
  }

  /** How far one scope has been walked through. */
  private final class Run {
    private final String prefix;
    private final Iterator<S> rest;
    private S next;
    private String name;

    Run(String prefix, Iterator<S> rest) {
      this.prefix = prefix;
      this.rest = rest;
      this.next = rest.next();
      this.name = prefix + next.local();
    }

    /** Goes on; false at the end. */
    boolean advance() {
      if (!rest.hasNext()) {
        return false;
      }
      next = rest.next();
      name = prefix + next.local();
      return true;
    }
  }

  /** A scope lies among the statistics of those above it, so several may be open at a time. */
  private final class Walk implements Iterator<S> {
    private final Iterator<Map.Entry<String, ScopeStats>> ahead = scopes.entrySet().iterator();
    private final PriorityQueue<Run> open =
        new PriorityQueue<>(Comparator.comparing(run -> run.name));
    private Map.@Nullable Entry<String, ScopeStats> nextScope;

    Walk() {
      step();
    }

    private void step() {
      do {
        nextScope = ahead.hasNext() ? ahead.next() : null;
      } while (nextScope != null && !mayHold(nextScope.getKey()));
    }

    private void enter() {
      while (nextScope != null
          && (open.isEmpty() || nextScope.getKey().compareTo(open.element().name) <= 0)) {
        Iterator<S> own = kind.apply(nextScope.getValue()).iterator();
        if (own.hasNext()) {
          open.add(new Run(nextScope.getKey(), own));
        }
        step();
      }
    }

    @Override
    public boolean hasNext() {
      enter();
      return !open.isEmpty();
    }

    @Override
    public S next() {
      enter();
      Run run = open.poll();
      if (run == null) {
        throw new NoSuchElementException();
      }
      S found = run.next;
      if (run.advance()) {
        open.add(run);
      }
      return found;
    }
  }
}
