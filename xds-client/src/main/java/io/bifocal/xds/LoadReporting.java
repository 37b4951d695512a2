package io.bifocal.xds;

/** Reports that go to a server until this is closed, on any thread. */
public interface LoadReporting extends AutoCloseable {
  /** Ends them. Harmless twice. */
  @Override
  void close();
}
