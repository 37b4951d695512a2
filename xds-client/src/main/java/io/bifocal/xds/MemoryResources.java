package io.bifocal.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.xds.internal.stream.Transport;
import io.bifocal.xds.time.Loop;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a client's aggregated source serves, without any server. May be changed from any thread, and
 * serve several clients; each change is a version of its type. As with any server that tells the
 * state of the world, what is removed of CDS, LDS and SRDS is removed at the client, and what is
 * removed of another type stays with whoever has it.
 */
public final class MemoryResources {

  /** Hears what clients answer. Called on the loop of the client. */
  @FunctionalInterface
  public interface Listener {
    /**
     * A version was taken, or refused.
     *
     * @param error why it was refused; empty when it was taken
     */
    void onAnswer(String typeUrl, String version, String error);
  }

  /**
   * All of one type.
   *
   * @param version empty before the first change
   */
  record Snapshot(String version, Map<String, Any> byName) {
    static final Snapshot EMPTY = new Snapshot("", Map.of());

    /** Those of these names, or all. */
    List<Any> of(Set<String> names) {
      return byName.entrySet().stream()
          .filter(entry -> names.isEmpty() || names.contains(entry.getKey()))
          .map(Map.Entry::getValue)
          .toList();
    }
  }

  private final Map<String, Snapshot> types = new LinkedHashMap<>();
  private final List<MemoryTransport> transports = new CopyOnWriteArrayList<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final AtomicLong versions = new AtomicLong();

  /** Adds a resource, or replaces the one of its name. */
  public <T extends Message> void set(ResourceType<T> type, T resource) {
    set(type, type.nameOf().apply(resource), resource);
  }

  /** Adds a resource under a name that it does not bear itself. */
  public synchronized <T extends Message> void set(ResourceType<T> type, String name, T resource) {
    Map<String, Any> next = copy(type);
    next.put(name, packed(type, name, resource));
    publish(type, next);
  }

  /** Removes a resource; harmless when there is none of that name. */
  public synchronized void remove(ResourceType<?> type, String name) {
    Map<String, Any> next = copy(type);
    if (next.remove(name) != null) {
      publish(type, next);
    }
  }

  /** Makes these all resources of their type, at once. */
  public synchronized <T extends Message> void replace(
      ResourceType<T> type, Collection<T> resources) {
    Map<String, Any> next = new LinkedHashMap<>();
    for (T resource : resources) {
      String name = type.nameOf().apply(resource);
      next.put(name, packed(type, name, resource));
    }
    publish(type, next);
  }

  private static <T extends Message> Any packed(ResourceType<T> type, String name, T resource) {
    Any any = Any.pack(resource);
    return type.nameOf().apply(resource).equals(name)
        ? any
        : Any.pack(wrapper().setName(name).setResource(any).build());
  }

  private static io.envoyproxy.envoy.service.discovery.v3.Resource.Builder wrapper() {
    return io.envoyproxy.envoy.service.discovery.v3.Resource.newBuilder();
  }

  /** From now on, {@code listener} hears what clients answer. */
  public void addListener(Listener listener) {
    listeners.add(listener);
  }

  private Map<String, Any> copy(ResourceType<?> type) {
    return new LinkedHashMap<>(snapshot(type.typeUrl()).byName());
  }

  private void publish(ResourceType<?> type, Map<String, Any> next) {
    String version = String.valueOf(versions.incrementAndGet());
    types.put(type.typeUrl(), new Snapshot(version, next));
    transports.forEach(transport -> transport.changed(type.typeUrl()));
  }

  synchronized Snapshot snapshot(String typeUrl) {
    return types.getOrDefault(typeUrl, Snapshot.EMPTY);
  }

  void answered(String typeUrl, String version, String error) {
    listeners.forEach(listener -> listener.onAnswer(typeUrl, version, error));
  }

  void forget(MemoryTransport transport) {
    transports.remove(transport);
  }

  /** The way to these resources for one client. */
  Transport transport(Loop loop) {
    MemoryTransport transport = new MemoryTransport(this, loop);
    transports.add(transport);
    return transport;
  }
}
