package io.bifocal.xds.internal.tree;

import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;

/**
 * What a part of a tree is, and where it comes from.
 *
 * @param below where what it names comes from, when it does not say so itself
 */
record PartKey<T extends Message>(
    ConfigSource source, ResourceType<T> type, String name, ConfigSource below) {

  PartKey(ConfigSource source, ResourceType<T> type, String name) {
    this(source, type, name, ConfigSource.getDefaultInstance());
  }

  /** A part that this one names; {@code self} is where this one comes from. */
  <C extends Message> PartKey<C> named(ConfigSource from, ResourceType<C> type, String name) {
    return new PartKey<>(resolved(from), type, name);
  }

  /** A source that this one names. */
  ConfigSource resolved(ConfigSource from) {
    return from.hasSelf() ? source : from;
  }

  // Looked up for every part at every change; both texts remember their hashes.
  @Override
  public int hashCode() {
    return 31 * name.hashCode() + type.typeUrl().hashCode();
  }
}
