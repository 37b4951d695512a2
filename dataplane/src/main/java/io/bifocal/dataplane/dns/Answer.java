package io.bifocal.dataplane.dns;

import java.util.List;

/** What came of asking for a name's addresses of one family. */
public sealed interface Answer {
  /**
   * The name's addresses in the server's order; none when there is no such name, or it has none of
   * that family.
   */
  record Found(List<AddressRecord> records) implements Answer {
    static final Found NOTHING = new Found(List.of());

    public Found {
      records = List.copyOf(records);
    }
  }

  /** Nobody knows: what was known before is as good as ever. */
  record Failed(Cause cause, String reason) implements Answer {}

  /** Why nobody knows. */
  enum Cause {
    /** No server answered in time. */
    TIMEOUT,
    /** Servers refused, failed, or could not be reached. */
    SERVER,
    /** There was nothing to ask, or nobody. */
    LOCAL
  }

  /** The addresses found; none after a failure. */
  default List<AddressRecord> addresses() {
    return this instanceof Found found ? found.records() : List.of();
  }

  default boolean failed() {
    return this instanceof Failed;
  }
}
