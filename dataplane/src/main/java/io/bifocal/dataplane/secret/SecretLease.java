package io.bifocal.dataplane.secret;

/** A standing use of a secret. */
public interface SecretLease extends AutoCloseable {
  /** Ends it; the user hears no more. Harmless twice. */
  @Override
  void close();
}
