package io.bifocal.dataplane.ondemand;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Names that were asked for on demand, each once, and who waits for them. A name that does not
 * exist stays subscribed, so that it is known when it comes to exist, and is not waited for again.
 * How many names may be without a resource is bounded: beyond, the eldest that nobody waits for is
 * given up. Confined to the control loop.
 */
public final class OnDemandNames {
  private final int limit;
  private final Runnable onChange;
  private final Runnable onOverflow;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private int without;

  private enum State {
    ASKED,
    PRESENT,
    MISSING
  }

  private static final class Entry {
    private State state = State.ASKED;
    private final Set<Wait> waiting = new LinkedHashSet<>();
  }

  /**
   * No names.
   *
   * @param limit how many may be without a resource
   * @param onChange {@link #names} are others now
   * @param onOverflow one was not asked for, because all within the limit are waited for
   */
  public OnDemandNames(int limit, Runnable onChange, Runnable onOverflow) {
    this.limit = limit;
    this.onChange = onChange;
    this.onOverflow = onOverflow;
  }

  /** What is to be subscribed to, in the order of asking. */
  public Set<String> names() {
    return new LinkedHashSet<>(entries.keySet());
  }

  /** How many requests wait. */
  public int waiting() {
    return entries.values().stream().mapToInt(e -> e.waiting.size()).sum();
  }

  /** Whether a name exists. */
  public Question question(String name, Duration patience) {
    return new NameQuestion(this, name, patience);
  }

  private record NameQuestion(OnDemandNames names, String name, Duration patience)
      implements Question {
    @Override
    public void ask(Wait asker) {
      names.ask(name, asker);
    }

    @Override
    public void withdraw(Wait asker) {
      Entry entry = names.entries.get(name);
      if (entry != null) {
        entry.waiting.remove(asker);
      }
    }
  }

  private void ask(String name, Wait asker) {
    Entry entry = entries.get(name);
    if (entry == null) {
      if (without >= limit && !giveUpTheEldest()) {
        onOverflow.run();
        asker.answered();
        return;
      }
      entry = new Entry();
      entry.waiting.add(asker);
      entries.put(name, entry);
      without++;
      onChange.run();
    } else if (entry.state == State.ASKED) {
      entry.waiting.add(asker);
    } else {
      asker.answered();
    }
  }

  private boolean giveUpTheEldest() {
    for (Iterator<Entry> i = entries.values().iterator(); i.hasNext(); ) {
      Entry entry = i.next();
      if (entry.state != State.PRESENT && entry.waiting.isEmpty()) {
        i.remove();
        without--;
        return true;
      }
    }
    return false;
  }

  /** There is a resource of that name; a name that nobody asked for is none of our business. */
  public void present(String name) {
    settle(name, State.PRESENT);
  }

  /** There is none, or no longer. */
  public void missing(String name) {
    settle(name, State.MISSING);
  }

  private void settle(String name, State state) {
    Entry entry = entries.get(name);
    if (entry == null) {
      return;
    }
    if (entry.state == State.PRESENT) {
      without++;
    }
    entry.state = state;
    if (state == State.PRESENT) {
      without--;
    }
    List<Wait> waiting = List.copyOf(entry.waiting);
    entry.waiting.clear();
    waiting.forEach(Wait::answered);
  }

  /** Nothing is known of that name any more: the next request asks anew. */
  public void forget(String name) {
    settle(name, State.MISSING);
    if (entries.remove(name) != null) {
      without--;
      onChange.run();
    }
  }

  /** Nobody is going to answer: whoever waits goes on without. */
  public void close() {
    entries.values().forEach(e -> e.waiting.forEach(Wait::answered));
    entries.clear();
    without = 0;
  }
}
