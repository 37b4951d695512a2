package io.bifocal.xds.tree;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;

/** What a part of a tree is, and where it comes from. */
record PartKey<T extends Message>(ConfigSource source, ResourceType<T> type, String name) {

  /** A part that this one names; {@code self} is where this one comes from. */
  <C extends Message> PartKey<C> named(ConfigSource from, ResourceType<C> type, String name) {
    return new PartKey<>(from.hasSelf() ? source : from, type, name);
  }

  // Looked up for every part at every change; both texts remember their hashes.
  @Override
  public int hashCode() {
    return 31 * name.hashCode() + type.typeUrl().hashCode();
  }
}
