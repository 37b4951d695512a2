package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Family;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The decisions of one look-up, and nothing else: no sockets, no clock, no threads.
 *
 * <p>In each step one or two families are asked, for one candidate of the search list after the
 * other, until one has addresses. A candidate that fails ends the search, for a later one might be
 * another name's (as c-ares has it); so does one for which one family has addresses. A further step
 * is taken when no step before has found anything, failed or not.
 *
 * <p>Source: Envoy's {@code DnsResolverImpl}, c-ares' {@code ares_getaddrinfo}.
 */
final class Lookup {
  private final List<String> candidates;
  private final List<List<Family>> steps;
  private final Local local;
  private final Commands commands;
  private final Map<Family, Answer> before = new EnumMap<>(Family.class);
  private final Map<Family, Answer> current = new EnumMap<>(Family.class);
  private int step;
  private int candidate;

  /** What is known of the name without asking anybody. */
  @FunctionalInterface
  interface Local {
    /**
     * Answers that are all there is to know of these families; empty when servers are to be asked.
     */
    Map<Family, Answer> answers(List<Family> families);
  }

  /** What is to be done. */
  interface Commands {
    /** Ask; {@code answered} is told what came of it, once, later. */
    void ask(String candidate, Family family, Consumer<Answer> answered);

    /** A step is over, with this result; to be counted. */
    void stepEnded(Resolution step);

    /** Tell whoever asked; if it is complete, nothing follows. */
    void known(Resolution soFar);
  }

  /**
   * @param candidates what the name may stand for, the first one first; at least one
   * @param steps families that are asked at once, step by step; at least one
   */
  Lookup(List<String> candidates, List<List<Family>> steps, Local local, Commands commands) {
    if (candidates.isEmpty() || steps.isEmpty()) {
      throw new IllegalArgumentException("a look-up needs a name and a family");
    }
    this.candidates = candidates;
    this.steps = steps;
    this.local = local;
    this.commands = commands;
  }

  /** Starts. To be called once. */
  void begin() {
    List<Family> families = steps.get(step);
    current.clear();
    Map<Family, Answer> here = local.answers(families);
    if (here.isEmpty()) {
      candidate = 0;
      ask(families);
    } else {
      current.putAll(here);
      endStep();
    }
  }

  private void answered(Family family, Answer answer) {
    List<Family> families = steps.get(step);
    current.put(family, answer);
    boolean found = current.values().stream().anyMatch(a -> !a.addresses().isEmpty());
    if (current.size() < families.size()) {
      if (found) {
        commands.known(soFar(false));
      }
      return;
    }
    boolean failed = current.values().stream().anyMatch(Answer::failed);
    if (found || failed || candidate + 1 == candidates.size()) {
      endStep();
      return;
    }
    current.clear();
    candidate++;
    ask(families);
  }

  private void ask(List<Family> families) {
    String name = candidates.get(candidate);
    families.forEach(family -> commands.ask(name, family, answer -> answered(family, answer)));
  }

  private void endStep() {
    Resolution ended = new Resolution(current, true);
    commands.stepEnded(ended);
    if (!ended.records().isEmpty() || step + 1 == steps.size()) {
      commands.known(soFar(true));
      return;
    }
    before.putAll(current);
    step++;
    begin();
  }

  private Resolution soFar(boolean complete) {
    Map<Family, Answer> all = new EnumMap<>(Family.class);
    all.putAll(before);
    all.putAll(current);
    return new Resolution(all, complete);
  }
}
