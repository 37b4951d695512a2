package io.bifocal.xds.snapshot;

import com.google.protobuf.Message;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.WatchError;
import java.util.List;
import java.util.Optional;

/** A resource in a tree, or why it is not there. */
public sealed interface Part<T extends Message> {
  ResourceType<T> type();

  String name();

  /** The resource; empty when it is missing. */
  Optional<Resource<T>> resource();

  /** Why it is missing; empty when it is there. */
  Optional<WatchError> error();

  /** The resource's message; empty when it is missing. */
  default Optional<T> value() {
    return resource().map(Resource::value);
  }

  /** The error as a list of at most one. */
  default List<WatchError> errors() {
    return error().stream().toList();
  }

  /**
   * It is there. What is written out inside another resource bears that one's version; what is in
   * the bootstrap, an empty one.
   */
  record Present<T extends Message>(ResourceType<T> type, Resource<T> inForce) implements Part<T> {
    @Override
    public String name() {
      return inForce.name();
    }

    @Override
    public Optional<Resource<T>> resource() {
      return Optional.of(inForce);
    }

    @Override
    public Optional<WatchError> error() {
      return Optional.empty();
    }
  }

  /** It is not. */
  record Missing<T extends Message>(ResourceType<T> type, String name, WatchError why)
      implements Part<T> {
    @Override
    public Optional<Resource<T>> resource() {
      return Optional.empty();
    }

    @Override
    public Optional<WatchError> error() {
      return Optional.of(why);
    }
  }
}
