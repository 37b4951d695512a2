package io.bifocal.dataplane.cli.probe;

import java.util.List;

/** Tells what became of a target. */
interface Report {
  /** A target's turn has come. */
  void begin(Target target);

  /** A run is over. */
  void onRun(Run run);

  /** All runs of the target are. */
  void end(Target target, List<Run> runs);
}
