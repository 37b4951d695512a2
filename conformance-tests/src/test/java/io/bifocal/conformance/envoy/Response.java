package io.bifocal.conformance.envoy;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import io.bifocal.conformance.Bootstraps.Dialect;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.testing.Named;
import io.bifocal.xds.testing.ScriptedControlPlane;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A response word for word, for either dialect. What is removed is said in delta alone; there every
 * resource is in a wrapper, in the other dialect where it is asked for.
 */
final class Response {
  /** A resource; without a wrapper of its own, delta makes it one. */
  private record Entry(Any bare, Resource wrapped) {}

  private final String typeUrl;
  private final String version;
  private final List<Entry> entries = new ArrayList<>();
  private final List<String> removed = new ArrayList<>();
  private @Nullable String nonce;

  private Response(String typeUrl, String version) {
    this.typeUrl = typeUrl;
    this.version = version;
  }

  static Response of(ResourceType<?> type, String version, Named... resources) {
    return of(type.typeUrl(), version, resources);
  }

  static Response of(String typeUrl, String version, Named... resources) {
    return new Response(typeUrl, version).and(resources);
  }

  Response and(Named... resources) {
    for (Named resource : resources) {
      Resource wrapped =
          Resource.newBuilder()
              .setName(resource.name())
              .setVersion(version)
              .setResource(resource.message())
              .build();
      entries.add(new Entry(resource.message(), wrapped));
    }
    return this;
  }

  /** Else a fresh one. */
  Response nonce(String nonce) {
    this.nonce = nonce;
    return this;
  }

  /** In a wrapper in both dialects. */
  Response wrapped(Named resource, Resource.Builder wrapper) {
    return wrapped(
        wrapper.setName(resource.name()).setVersion(version).setResource(resource.message()));
  }

  /** The same with a time to live. */
  Response mortal(Named resource, long millis) {
    return wrapped(resource, Resource.newBuilder().setTtl(millis(millis)));
  }

  /** No resource, but a renewal of its time to live. */
  Response heartbeat(String name, String version, long millis) {
    return wrapped(Resource.newBuilder().setName(name).setVersion(version).setTtl(millis(millis)));
  }

  Response wrapped(Resource.Builder wrapper) {
    Resource resource = wrapper.build();
    entries.add(new Entry(Any.pack(resource), resource));
    return this;
  }

  Response removing(String... names) {
    removed.addAll(List.of(names));
    return this;
  }

  private static Duration millis(long millis) {
    return Durations.fromMillis(millis);
  }

  /** Answers with the nonce. */
  String sendBy(ScriptedControlPlane server, Dialect dialect) {
    String said = nonce == null ? server.nextNonce() : nonce;
    if (dialect == Dialect.SOTW) {
      server.send(
          DiscoveryResponse.newBuilder()
              .setTypeUrl(typeUrl)
              .setVersionInfo(version)
              .setNonce(said)
              .addAllResources(entries.stream().map(Entry::bare).toList())
              .build());
    } else {
      server.send(
          DeltaDiscoveryResponse.newBuilder()
              .setTypeUrl(typeUrl)
              .setSystemVersionInfo(version)
              .setNonce(said)
              .addAllResources(entries.stream().map(Entry::wrapped).toList())
              .addAllRemovedResources(removed)
              .build());
    }
    return said;
  }
}
