package io.bifocal.xds.internal.state;

import java.util.Set;

/** What all subscriptions of a type want together; a live view. */
interface Wanted {
  /** The name that stands for whatever there is. */
  String EVERYTHING = "*";

  /** Whether somebody wants everything there is. */
  boolean everything();

  /** The names that somebody wants, in the order in which they were first wanted. */
  Set<String> names();

  /** Whether a resource by that name is wanted, by whatever name it was asked for. */
  boolean wants(String name);

  default boolean nothing() {
    return !everything() && names().isEmpty();
  }
}
