package io.bifocal.xds.testing;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;
import io.bifocal.xds.internal.stream.Dialect;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Predicate;

/**
 * A control plane whose every word is the test's, right or wrong: a gRPC server on a real port that
 * says nothing by itself, and writes down every request. It serves both dialects, the aggregated
 * service, and every type's own service; of the types that {@link ResourceType} names.
 *
 * <p>Whatever is said goes to every open stream that is for the type: the aggregated ones, and
 * those of the type's own service. All methods may be called on any thread. Nothing bounds what is
 * written down, nor what waits for a client that does not read.
 */
public final class ScriptedControlPlane implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final int MAX_REQUEST_BYTES = 256 << 20;
  private static final List<ResourceType<?>> TYPES =
      List.of(
          ResourceType.CLUSTER,
          ResourceType.ENDPOINTS,
          ResourceType.LISTENER,
          ResourceType.ROUTES,
          ResourceType.SCOPED_ROUTES,
          ResourceType.VIRTUAL_HOST,
          ResourceType.SECRET,
          ResourceType.EXTENSION_CONFIG,
          ResourceType.RUNTIME,
          ResourceType.LOCALITY_ENDPOINTS);

  private final Server server;
  private final List<HeardRequest> requests = new ArrayList<>();
  private final List<Long> openings = new ArrayList<>();
  private final Map<Integer, ServedStream> open = new LinkedHashMap<>();
  private final Map<String, Map<String, Any>> pushed = new HashMap<>();
  private int hangUps;
  private int nonces;

  /** On 127.0.0.1 with an ephemeral port. */
  public ScriptedControlPlane() {
    this(0);
  }

  /**
   * On 127.0.0.1 and this port.
   *
   * @throws UncheckedIOException when somebody has it
   */
  public ScriptedControlPlane(int port) {
    Map<String, ServerServiceDefinition.Builder> services = new HashMap<>();
    addStateOfTheWorld(services, Dialect.stateOfTheWorld().aggregated(), "");
    addDelta(services, Dialect.delta().aggregated(), "");
    for (ResourceType<?> type : TYPES) {
      Dialect.stateOfTheWorld()
          .own(type)
          .ifPresent(method -> addStateOfTheWorld(services, method, type.typeUrl()));
      Dialect.delta().own(type).ifPresent(method -> addDelta(services, method, type.typeUrl()));
    }
    try {
      InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(new InetSocketAddress(loopback, port))
              .maxInboundMessageSize(MAX_REQUEST_BYTES)
              .permitKeepAliveTime(1, TimeUnit.MILLISECONDS)
              .permitKeepAliveWithoutCalls(true);
      services.values().forEach(service -> builder.addService(service.build()));
      server = builder.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return server.getPort();
  }

  // --- what is said

  /**
   * Says what there is of a type now. The state-of-the-world dialect hears all of it; the
   * incremental one what changed since the last time on this stream (or since what the client says
   * it has), and, of types whose lists are complete, what is gone.
   *
   * @return the nonce that it got
   * @throws AssertionError when no stream for it is open
   */
  public synchronized String push(ResourceType<?> type, String version, List<Named> resources) {
    String nonce = nextNonce();
    streamsFor(type.typeUrl())
        .forEach(stream -> stream.push(type, version, nonce, List.copyOf(resources)));
    Map<String, Any> now = new HashMap<>();
    resources.forEach(resource -> now.put(resource.name(), resource.message()));
    pushed.put(type.typeUrl(), now);
    return nonce;
  }

  /** A nonce that was not used yet. */
  public synchronized String nextNonce() {
    nonces++;
    return "n" + nonces;
  }

  /**
   * Sends this, whatever it is, on the streams of its dialect.
   *
   * @throws AssertionError when none for its type is open
   */
  public synchronized void send(DiscoveryResponse response) {
    int told = 0;
    for (ServedStream stream : streamsFor(response.getTypeUrl())) {
      if (stream instanceof ServedStream.StateOfTheWorld whole) {
        whole.responses.onNext(response);
        told++;
      }
    }
    requireTold(told);
  }

  /** The same in the incremental dialect. */
  public synchronized void send(DeltaDiscoveryResponse response) {
    int told = 0;
    for (ServedStream stream : streamsFor(response.getTypeUrl())) {
      if (stream instanceof ServedStream.Delta changes) {
        changes.responses.onNext(response);
        told++;
      }
    }
    requireTold(told);
  }

  private List<ServedStream> streamsFor(String typeUrl) {
    List<ServedStream> streams = open.values().stream().filter(s -> s.isFor(typeUrl)).toList();
    requireTold(streams.size());
    return streams;
  }

  private static void requireTold(int streams) {
    if (streams == 0) {
      throw new AssertionError("no stream that would hear of it is open");
    }
  }

  /** Ends all streams that are open, without an error. */
  public void closeStreams() {
    closeStreams(Status.OK);
  }

  /** Ends all streams that are open. */
  public synchronized void closeStreams(Status status) {
    List<ServedStream> streams = List.copyOf(open.values());
    open.clear();
    streams.forEach(stream -> stream.end(status));
  }

  /** So many streams from now on are ended, without an error, as soon as they are opened. */
  public synchronized void hangUp(int streams) {
    hangUps = streams;
  }

  // --- what is heard

  /** All requests so far. */
  public synchronized List<HeardRequest> requests() {
    return List.copyOf(requests);
  }

  /** {@link System#nanoTime} of the opening of every stream so far. */
  public synchronized List<Long> openings() {
    return List.copyOf(openings);
  }

  /** The numbers of the streams that are open. */
  public synchronized List<Integer> openStreams() {
    return List.copyOf(open.keySet());
  }

  /** Waits, 40 seconds at most, until a type was asked for. */
  public void awaitSubscription(ResourceType<?> type) {
    HeardRequest unused =
        awaitRequest("of " + type, request -> request.typeUrl().equals(type.typeUrl()));
  }

  /**
   * Waits, 40 seconds at most, for the first request that is so; it may have come already.
   *
   * @throws AssertionError if none comes
   */
  public HeardRequest awaitRequest(String what, Predicate<HeardRequest> condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    synchronized (this) {
      while (true) {
        Optional<HeardRequest> found = requests.stream().filter(condition).findFirst();
        if (found.isPresent()) {
          return found.get();
        }
        long left = end - System.nanoTime();
        if (left <= 0) {
          throw new AssertionError("no request " + what + " among " + requests.size());
        }
        try {
          wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new AssertionError("interrupted while waiting for a request " + what, e);
        }
      }
    }
  }

  // --- the server

  private void addStateOfTheWorld(
      Map<String, ServerServiceDefinition.Builder> services,
      MethodDescriptor<DiscoveryRequest, DiscoveryResponse> method,
      String typeUrl) {
    String name = method.getBareMethodName();
    add(
        services,
        method,
        responses -> {
          int stream =
              opened(n -> open.put(n, new ServedStream.StateOfTheWorld(typeUrl, responses)));
          return new Ear<DiscoveryRequest>(
              responses,
              message ->
                  heard(new HeardRequest.StateOfTheWorld(stream, name, System.nanoTime(), message)),
              () -> gone(stream));
        });
  }

  private void addDelta(
      Map<String, ServerServiceDefinition.Builder> services,
      MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse> method,
      String typeUrl) {
    String name = method.getBareMethodName();
    add(
        services,
        method,
        responses -> {
          int stream = opened(n -> open.put(n, new ServedStream.Delta(typeUrl, responses)));
          return new Ear<DeltaDiscoveryRequest>(
              responses,
              message -> {
                believe(stream, message);
                heard(new HeardRequest.Delta(stream, name, System.nanoTime(), message));
              },
              () -> gone(stream));
        });
  }

  private static <Q extends Message, R extends Message> void add(
      Map<String, ServerServiceDefinition.Builder> services,
      MethodDescriptor<Q, R> method,
      ServerCalls.BidiStreamingMethod<Q, R> served) {
    String service = String.valueOf(method.getServiceName());
    services
        .computeIfAbsent(service, ServerServiceDefinition::builder)
        .addMethod(
            method,
            ServerCalls.asyncBidiStreamingCall(
                responses -> {
                  // With a handler, what is said to a client that has gone is no error.
                  ((ServerCallStreamObserver<R>) responses).setOnCancelHandler(() -> {});
                  return served.invoke(responses);
                }));
  }

  private synchronized int opened(IntConsumer register) {
    openings.add(System.nanoTime());
    int number = openings.size();
    register.accept(number);
    if (hangUps > 0) {
      hangUps--;
      ServedStream stream = open.remove(number);
      if (stream != null) {
        stream.end(Status.OK);
      }
    }
    return number;
  }

  private synchronized void believe(int stream, DeltaDiscoveryRequest request) {
    if (open.get(stream) instanceof ServedStream.Delta delta) {
      delta.heard(request, pushed.getOrDefault(request.getTypeUrl(), Map.of()));
    }
  }

  private synchronized void heard(HeardRequest request) {
    requests.add(request);
    notifyAll();
  }

  /** Whether it was open until now. */
  private synchronized boolean gone(int stream) {
    return open.remove(stream) != null;
  }

  /** The client's half of a stream. */
  private record Ear<T>(StreamObserver<?> responses, Consumer<T> ear, BooleanSupplier gone)
      implements StreamObserver<T> {
    @Override
    public void onNext(T request) {
      ear.accept(request);
    }

    @Override
    public void onError(Throwable error) {
      boolean unused = gone.getAsBoolean();
    }

    @Override
    public void onCompleted() {
      if (gone.getAsBoolean()) {
        responses.onCompleted();
      }
    }
  }

  /** Drops all connections, and listens no longer. */
  @Override
  public void close() {
    try {
      server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
