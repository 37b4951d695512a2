package io.bifocal.xds;

import java.util.ArrayList;
import java.util.List;

/** Several verdicts as one. */
final class Verdicts {
  private Verdicts() {}

  /** Pending while one is; rejected, with all reasons, when one is; else accepted. */
  static Verdict join(List<Verdict> verdicts) {
    List<Verdict.Pending> open = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
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
    int[] left = {open.size()};
    for (Verdict.Pending pending : open) {
      pending.whenSettled(
          verdict -> {
            note(verdict, reasons);
            if (--left[0] == 0) {
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
