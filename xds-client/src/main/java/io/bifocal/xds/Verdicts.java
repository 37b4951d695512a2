package io.bifocal.xds;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Several verdicts as one. */
final class Verdicts {
  private final List<String> messages = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, String> reasons = Collections.synchronizedMap(new LinkedHashMap<>());

  private Verdicts() {}

  /**
   * Pending while one is; rejected, with all reasons, when one is; else accepted. Those that are
   * pending may be settled on any threads.
   */
  static Verdict join(List<Verdict> verdicts) {
    List<Verdict.Pending> open = new ArrayList<>();
    Verdicts all = new Verdicts();
    for (Verdict verdict : verdicts) {
      if (verdict instanceof Verdict.Pending pending) {
        open.add(pending);
      } else {
        all.note(verdict);
      }
    }
    if (open.isEmpty()) {
      return all.known();
    }
    Verdict.Pending joined = Verdict.pending();
    AtomicInteger left = new AtomicInteger(open.size());
    for (Verdict.Pending pending : open) {
      pending.whenSettled(
          verdict -> {
            all.note(verdict);
            if (left.decrementAndGet() == 0) {
              joined.settle(all.known());
            }
          });
    }
    return joined;
  }

  /** A verdict on one resource, which a refusal blames. */
  static Verdict on(String resource, Verdict verdict) {
    if (verdict instanceof Verdict.Pending pending) {
      Verdict.Pending named = Verdict.pending();
      pending.whenSettled(known -> named.settle(on(resource, known)));
      return named;
    }
    return verdict instanceof Verdict.Rejected rejected
        ? Verdict.reject(rejected.message(), Map.of(resource, rejected.message()))
        : verdict;
  }

  private void note(Verdict verdict) {
    if (verdict instanceof Verdict.Rejected rejected) {
      messages.add(rejected.message());
      reasons.putAll(rejected.reasons());
    }
  }

  private Verdict known() {
    return messages.isEmpty()
        ? Verdict.accept()
        : Verdict.reject(String.join("; ", messages), reasons);
  }
}
