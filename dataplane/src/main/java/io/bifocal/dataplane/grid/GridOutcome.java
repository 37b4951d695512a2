package io.bifocal.dataplane.grid;

import io.bifocal.dataplane.pool.PoolFailure;

/** What a request gets in the end. */
public sealed interface GridOutcome {
  /** The connection of an attempt at HTTP/3. */
  record Http3(int attempt) implements GridOutcome {}

  /** The connection that came over TCP. */
  record Tcp() implements GridOutcome {}

  /** None: everything failed. */
  record Failed(PoolFailure failure) implements GridOutcome {}
}
