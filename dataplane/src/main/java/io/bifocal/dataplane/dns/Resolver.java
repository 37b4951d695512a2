package io.bifocal.dataplane.dns;

import java.util.function.Consumer;

/**
 * Finds the addresses of names. Confined to the control loop. {@link ScriptedResolver} is the fake.
 */
@FunctionalInterface
public interface Resolver {
  /**
   * Asks. The listener hears on the loop, later, never from within this call: of what is known when
   * one of two families has addresses and the other one's answer is still to come, and of all when
   * all is known, after which it hears no more.
   */
  Query resolve(String name, LookupFamily family, Consumer<Resolution> listener);

  /** A question that is open. */
  @FunctionalInterface
  interface Query {
    /** Forgets it: the listener hears no more. Harmless afterwards. */
    void cancel();
  }
}
