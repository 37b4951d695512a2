package io.bifocal.dataplane.listener;

import org.jspecify.annotations.Nullable;

/** Where connections come in; outlives the versions of its listener. */
@FunctionalInterface
interface Serving {
  /** The version that takes the next connection; null while there is none. From any thread. */
  @Nullable ListenerVersion serving();
}
