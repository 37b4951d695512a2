package io.bifocal.dataplane.http.router;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tries of one request that are under way: mostly one, with hedging several. */
final class Tries {
  private @Nullable UpstreamRequest last;
  // Those before the last one, in order; most requests have none.
  private List<UpstreamRequest> earlier = List.of();

  int size() {
    return last == null ? 0 : earlier.size() + 1;
  }

  UpstreamRequest get(int index) {
    if (index < earlier.size()) {
      return earlier.get(index);
    }
    UpstreamRequest one = last;
    if (one == null) {
      throw new IndexOutOfBoundsException(index);
    }
    return one;
  }

  void add(UpstreamRequest next) {
    UpstreamRequest before = last;
    if (before != null) {
      if (earlier.isEmpty()) {
        earlier = new ArrayList<>(2);
      }
      earlier.add(before);
    }
    last = next;
  }

  void remove(UpstreamRequest over) {
    if (last != over) {
      earlier.remove(over);
    } else {
      last = earlier.isEmpty() ? null : earlier.remove(earlier.size() - 1);
    }
  }

  /** Whether all can take the request's body. */
  boolean allConnected() {
    for (int i = 0; i < size(); i++) {
      if (!get(i).takesBody()) {
        return false;
      }
    }
    return size() > 0;
  }

  boolean allWritable() {
    for (int i = 0; i < size(); i++) {
      if (!get(i).isWritable()) {
        return false;
      }
    }
    return true;
  }

  /** The request is whole: from now on it is the upstream's turn. */
  void requestEnded() {
    for (int i = 0; i < size(); i++) {
      get(i).requestEnded();
    }
  }

  /** The one whose answer the client gets, if one has been taken. */
  @Nullable UpstreamRequest answering() {
    UpstreamRequest one = last;
    return one != null && one.isAnswering() ? one : null;
  }

  /** Gives up all but one. */
  void abandonOthers(UpstreamRequest kept) {
    for (int i = size() - 1; i >= 0; i--) {
      UpstreamRequest each = get(i);
      if (each != kept) {
        remove(each);
        each.abandon();
      }
    }
  }

  void abandonAll() {
    for (int i = size() - 1; i >= 0; i--) {
      UpstreamRequest each = get(i);
      remove(each);
      each.abandon();
    }
  }
}
