package io.bifocal.xds;

import com.google.protobuf.Message;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A standing look at one resource, or at all of a type. May be used on any thread. */
public interface Watch<T extends Message> extends AutoCloseable {

  /** What is in force now, by name: what its listener accepted last. */
  Map<String, Resource<T>> resources();

  /** The resource in force, if there is one (any one, for a watch of all). */
  default Optional<Resource<T>> resource() {
    return resources().values().stream().findFirst();
  }

  /** What went wrong since the last resource was accepted, if anything. */
  Optional<XdsError> lastError();

  /** Completes with the first resource accepted; fails when the watch is closed before. */
  CompletableFuture<Resource<T>> first();

  /** Ends it; the listener hears nothing more. Harmless twice. */
  @Override
  void close();
}
