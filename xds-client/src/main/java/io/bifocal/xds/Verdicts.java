package io.bifocal.xds;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Several verdicts as one. */
final class Verdicts {
  private Verdicts() {}

  /**
   * Pending while one is; rejected, with all reasons, when one is; else accepted. Those that are
   * pending may be settled on any threads.
   */
  static Verdict join(List<Verdict> verdicts) {
    List<Verdict.Pending> open = new ArrayList<>();
    List<String> reasons = Collections.synchronizedList(new ArrayList<>());
    for (Verdict verdict : verdicts) {
      if (verdict instanceof Verdict.Pending pending) {
        open.add(pending);
      } else {
        note(verdict, reasons);
      }
    }
    if (open.isEmpty()) {
      return known(reasons);
    }
    Verdict.Pending joined = Verdict.pending();
    AtomicInteger left = new AtomicInteger(open.size());
    for (Verdict.Pending pending : open) {
      pending.whenSettled(
          verdict -> {
            note(verdict, reasons);
            if (left.decrementAndGet() == 0) {
              joined.settle(known(reasons));
            }
          });
    }
    return joined;
  }

  private static void note(Verdict verdict, List<String> reasons) {
    if (verdict instanceof Verdict.Rejected rejected) {
      reasons.add(rejected.message());
    }
  }

  private static Verdict known(List<String> reasons) {
    return reasons.isEmpty() ? Verdict.accept() : Verdict.reject(String.join("; ", reasons));
  }
}
