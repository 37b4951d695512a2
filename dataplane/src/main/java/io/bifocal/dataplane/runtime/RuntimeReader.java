package io.bifocal.dataplane.runtime;

/**
 * What whoever asks for runtime values holds. Any thread may ask; a snapshot costs one volatile
 * read, and whoever needs several values that fit together takes them from one.
 */
@FunctionalInterface
public interface RuntimeReader {
  /** A runtime without layers: every value is what its reader takes otherwise. */
  RuntimeReader NONE = () -> RuntimeSnapshot.EMPTY;

  /** What holds now. */
  RuntimeSnapshot snapshot();
}
