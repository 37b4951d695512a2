package io.bifocal.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A state-of-the-world server in this process that answers each new version or name once. */
final class InProcessControlPlane implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final String name = "xds-" + UUID.randomUUID();
  private final Server server;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final Map<String, DiscoveryResponse> snapshots = new ConcurrentHashMap<>();
  final BlockingQueue<DiscoveryRequest> requests = new LinkedBlockingQueue<>();
  final Queue<String> authorizations = new ConcurrentLinkedQueue<>();
  final Queue<String> authorities = new ConcurrentLinkedQueue<>();
  private final List<Talk> talks = new ArrayList<>();

  InProcessControlPlane() throws IOException {
    this(null);
  }

  /** On a socket, or in this process when there is no builder. */
  InProcessControlPlane(@Nullable ServerBuilder<?> socket) throws IOException {
    ServerBuilder<?> builder = socket == null ? InProcessServerBuilder.forName(name) : socket;
    server =
        builder
            .intercept(new Ear())
            .addService(
                new AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase() {
                  @Override
                  public StreamObserver<DiscoveryRequest> streamAggregatedResources(
                      StreamObserver<DiscoveryResponse> out) {
                    return join(new Talk(out));
                  }
                })
            .build()
            .start();
  }

  private final class Ear implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String authorization = headers.get(AUTHORIZATION);
      if (authorization != null) {
        authorizations.add(authorization);
      }
      String authority = call.getAuthority();
      if (authority != null) {
        authorities.add(authority);
      }
      return next.startCall(call, headers);
    }
  }

  private synchronized Talk join(Talk talk) {
    talks.add(talk);
    return talk;
  }

  int port() {
    return server.getPort();
  }

  ManagedChannel channel() {
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    channels.add(channel);
    return channel;
  }

  void setClusters(String version, Message... clusters) {
    set(ResourceType.CLUSTER, version, clusters);
  }

  synchronized void set(ResourceType<?> type, String version, Message... resources) {
    DiscoveryResponse.Builder response =
        DiscoveryResponse.newBuilder().setTypeUrl(type.typeUrl()).setVersionInfo(version);
    for (Message resource : resources) {
      response.addResources(Any.pack(resource));
    }
    snapshots.put(type.typeUrl(), response.build());
    talks.forEach(talk -> talk.push(type.typeUrl()));
  }

  synchronized void hangUp() {
    talks.forEach(talk -> talk.out.onCompleted());
    talks.clear();
  }

  DiscoveryRequest take() throws InterruptedException {
    DiscoveryRequest request = requests.poll(20, TimeUnit.SECONDS);
    if (request == null) {
      throw new AssertionError("no request came within 5 s");
    }
    return request;
  }

  private final class Talk implements StreamObserver<DiscoveryRequest> {
    private final StreamObserver<DiscoveryResponse> out;
    private final Map<String, List<String>> names = new ConcurrentHashMap<>();
    private int nonce;

    Talk(StreamObserver<DiscoveryResponse> out) {
      this.out = out;
      // Else what is pushed between a client's leaving and our hearing of it would throw.
      ((ServerCallStreamObserver<DiscoveryResponse>) out).setOnCancelHandler(() -> {});
    }

    @Override
    public void onNext(DiscoveryRequest request) {
      requests.add(request);
      synchronized (InProcessControlPlane.this) {
        List<String> wanted = List.copyOf(request.getResourceNamesList());
        if (!wanted.equals(names.put(request.getTypeUrl(), wanted))) {
          push(request.getTypeUrl());
        }
      }
    }

    void push(String typeUrl) {
      DiscoveryResponse snapshot = snapshots.get(typeUrl);
      if (snapshot != null && names.containsKey(typeUrl)) {
        out.onNext(snapshot.toBuilder().setNonce("n" + ++nonce).build());
      }
    }

    @Override
    public void onError(Throwable t) {
      forget(this);
    }

    @Override
    public void onCompleted() {
      forget(this);
      out.onCompleted();
    }
  }

  private synchronized void forget(Talk talk) {
    talks.remove(talk);
  }

  @Override
  public void close() {
    for (ManagedChannel channel : channels) {
      channel.shutdownNow();
    }
    server.shutdownNow();
  }
}
