package io.bifocal.xds.internal.tree;

import com.google.protobuf.Message;
import io.bifocal.api.ConfigException;
import io.bifocal.xds.Resource;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.snapshot.Part;

/**
 * What is particular to one type of resource in a tree.
 *
 * @param <S> how it is shown with all that it names
 */
interface Kind<T extends Message, S> {

  /** Finds the views of other parts. */
  @FunctionalInterface
  interface Views {
    Object of(PartKey<?> key);
  }

  /** Fetches it. */
  default Runnable fetch(Ground ground, PartKey<T> key, Ground.Ear<T> ear) {
    return ground.fetch(key.source(), key.type(), key.name(), ear);
  }

  /** Its type as errors have it: of a list, that of the members. */
  default ResourceType<?> told(PartKey<T> key) {
    return key.type();
  }

  /**
   * What a resource names.
   *
   * @throws ConfigException when it cannot be told, with the field
   */
  References references(PartKey<T> key, Resource<T> resource) throws ConfigException;

  /** Shows it; all parts that it names have views. */
  S view(Part<T> part, References references, Views views);
}
