package io.bifocal.xds;

/** Reports that go to a server until this is closed. To be used on the client's loop. */
public interface LoadReporting extends AutoCloseable {
  /** Ends them. Harmless twice. */
  @Override
  void close();
}
