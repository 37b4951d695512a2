package io.bifocal.conformance.scripted;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import io.bifocal.conformance.Loopback;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An ADS server of both dialects that says only what it is told to, and remembers every request.
 */
public final class ScriptedServer extends AggregatedDiscoveryServiceImplBase
    implements AutoCloseable {
  private final Server server;
  private final List<Said> said = new ArrayList<>();
  private final Map<Type, Map<String, Any>> pushed = new HashMap<>();
  private @Nullable StreamObserver<DiscoveryResponse> stateOfTheWorld;
  private @Nullable StreamObserver<DeltaDiscoveryResponse> delta;
  private int streams;
  private int nonces;
  private long lastSaid = System.nanoTime();

  /** On 127.0.0.1 with an ephemeral port. */
  public ScriptedServer() {
    this(0);
  }

  /** On 127.0.0.1 and this port. */
  public ScriptedServer(int port) {
    try {
      server = NettyServerBuilder.forAddress(Loopback.v4(port)).addService(this).build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return server.getPort();
  }

  /** Everything said so far. */
  public synchronized List<Said> said() {
    return List.copyOf(said);
  }

  public synchronized long quietMillis() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastSaid);
  }

  /** Sends what is there now, and answers with the nonce it got. */
  public synchronized String push(Type type, String version, List<Named> resources) {
    nonces++;
    String nonce = "n" + nonces;
    Map<String, Any> before = pushed.getOrDefault(type, Map.of());
    Map<String, Any> now = new HashMap<>();
    resources.forEach(resource -> now.put(resource.name(), resource.message()));
    StreamObserver<DiscoveryResponse> whole = stateOfTheWorld;
    StreamObserver<DeltaDiscoveryResponse> changes = delta;
    if (whole != null) {
      whole.onNext(
          DiscoveryResponse.newBuilder()
              .setTypeUrl(type.url())
              .setVersionInfo(version)
              .setNonce(nonce)
              .addAllResources(resources.stream().map(Named::message).toList())
              .build());
    } else if (changes != null) {
      changes.onNext(changes(type, version, nonce, resources, before));
    } else {
      throw new AssertionError("there is no stream to push to");
    }
    pushed.put(type, now);
    return nonce;
  }

  private static DeltaDiscoveryResponse changes(
      Type type, String version, String nonce, List<Named> resources, Map<String, Any> before) {
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(type.url())
            .setSystemVersionInfo(version)
            .setNonce(nonce);
    TreeSet<String> gone = new TreeSet<>(before.keySet());
    for (Named resource : resources) {
      gone.remove(resource.name());
      if (!resource.message().equals(before.get(resource.name()))) {
        response.addResources(
            Resource.newBuilder()
                .setName(resource.name())
                .setVersion(version)
                .setResource(resource.message()));
      }
    }
    return type.absenceRemoves() ? response.addAllRemovedResources(gone).build() : response.build();
  }

  /** Sends this, whatever it is. */
  public synchronized void send(DiscoveryResponse response) {
    StreamObserver<DiscoveryResponse> whole = stateOfTheWorld;
    if (whole == null) {
      throw new AssertionError("there is no stream to send to");
    }
    whole.onNext(response);
  }

  /** Waits until a type was asked for. */
  public void awaitSubscription(Type type) {
    await("a subscription to " + type)
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> said().stream().anyMatch(said -> said.type().equals(type.toString())));
  }

  /** Ends the stream with OK. */
  public synchronized void closeStream() {
    StreamObserver<DiscoveryResponse> whole = stateOfTheWorld;
    StreamObserver<DeltaDiscoveryResponse> changes = delta;
    stateOfTheWorld = null;
    delta = null;
    if (whole != null) {
      whole.onCompleted();
    }
    if (changes != null) {
      changes.onCompleted();
    }
  }

  private synchronized void heard(Said request) {
    lastSaid = System.nanoTime();
    said.add(request);
  }

  private synchronized void gone(StreamObserver<?> stream) {
    if (stateOfTheWorld == stream) {
      stateOfTheWorld = null;
    }
    if (delta == stream) {
      delta = null;
    }
  }

  @Override
  public synchronized StreamObserver<DiscoveryRequest> streamAggregatedResources(
      StreamObserver<DiscoveryResponse> responses) {
    stateOfTheWorld = responses;
    streams++;
    int stream = streams;
    return new Requests<>(
        responses, request -> heard(Said.of(stream, request)), () -> gone(responses));
  }

  @Override
  public synchronized StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
      StreamObserver<DeltaDiscoveryResponse> responses) {
    delta = responses;
    streams++;
    int stream = streams;
    return new Requests<>(
        responses, request -> heard(Said.of(stream, request)), () -> gone(responses));
  }

  @Override
  public void close() {
    try {
      server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record Requests<T>(StreamObserver<?> responses, Consumer<T> ear, Runnable gone)
      implements StreamObserver<T> {
    @Override
    public void onNext(T request) {
      ear.accept(request);
    }

    @Override
    public void onError(Throwable error) {
      gone.run();
    }

    @Override
    public void onCompleted() {
      responses.onCompleted();
      gone.run();
    }
  }
}
