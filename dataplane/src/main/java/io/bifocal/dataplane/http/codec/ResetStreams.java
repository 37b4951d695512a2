package io.bifocal.dataplane.http.codec;

import org.jspecify.annotations.Nullable;

/**
 * The streams that were reset here last: what their client has sent before it heard of that is no
 * fault of it. Of streams that ended otherwise it is (RFC 9113, section 5.1).
 */
final class ResetStreams {
  /** As many as there can be at once, with the settings as they are if nothing is configured. */
  private static final int MAX = 1024;

  private int @Nullable [] ids;
  private int next;

  void add(int id) {
    int[] all = ids;
    if (all == null) {
      all = new int[MAX];
      ids = all;
    }
    all[next] = id;
    next = (next + 1) % MAX;
  }

  boolean contains(int id) {
    int[] all = ids;
    if (all != null) {
      for (int known : all) {
        if (known == id) {
          return true;
        }
      }
    }
    return false;
  }
}
