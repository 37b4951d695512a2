package io.bifocal.xds;

/** Counts what a load reporter does. All calls come on the client's loop. */
public interface LoadObserver {
  LoadObserver NONE = new LoadObserver() {};

  /** A report was sent; the first of a stream, which is empty, too. */
  default void onReport() {}

  /** The server said what it wants to be told. */
  default void onInstruction() {}

  /** The stream broke or could not be opened; it is tried again. */
  default void onFailure() {}
}
