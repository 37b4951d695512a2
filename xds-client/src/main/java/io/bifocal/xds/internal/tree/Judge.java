package io.bifocal.xds.internal.tree;

import io.bifocal.xds.Verdict;
import io.bifocal.xds.WatchError;

/** Whoever a tree is for. On the loop. */
public interface Judge<S> {
  /** A whole tree; nothing else is said until the verdict is there. */
  Verdict offer(S snapshot);

  /** The tree in force, of which only versions have moved. */
  void renew(S snapshot);

  /** There is no tree: its root is missing. */
  void end(WatchError error);

  /** Something is wrong that leaves the tree as it is, if there is one. */
  void ambient(WatchError error);
}
