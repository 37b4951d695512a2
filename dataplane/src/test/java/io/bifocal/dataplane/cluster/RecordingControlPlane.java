package io.bifocal.dataplane.cluster;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.bifocal.xds.ResourceType;
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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A control plane on a socket that says only what a test tells it to, in either dialect. */
final class RecordingControlPlane implements AutoCloseable {
  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
  private final Server server;
  private volatile @Nullable StreamObserver<DiscoveryResponse> whole;
  private volatile @Nullable StreamObserver<DeltaDiscoveryResponse> delta;
  private int nonces;

  RecordingControlPlane() {
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .addService(new Service())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return server.getPort();
  }

  /** The next request: type, names, {@code ack} or {@code nack} if it bears a nonce. */
  String next() throws InterruptedException {
    String request = requests.poll(20, TimeUnit.SECONDS);
    if (request == null) {
      throw new AssertionError("no request came");
    }
    return request;
  }

  void respond(ResourceType<?> type, String version, Message... resources) {
    StreamObserver<DeltaDiscoveryResponse> toDelta = delta;
    StreamObserver<DiscoveryResponse> toWhole = whole;
    String nonce = "n" + ++nonces;
    if (toDelta != null) {
      DeltaDiscoveryResponse.Builder response =
          DeltaDiscoveryResponse.newBuilder().setTypeUrl(type.typeUrl()).setNonce(nonce);
      for (Message resource : resources) {
        response.addResources(
            Resource.newBuilder()
                .setName(nameOf(type, resource))
                .setVersion(version)
                .setResource(Any.pack(resource)));
      }
      toDelta.onNext(response.build());
    } else if (toWhole != null) {
      DiscoveryResponse.Builder response =
          DiscoveryResponse.newBuilder()
              .setTypeUrl(type.typeUrl())
              .setVersionInfo(version)
              .setNonce(nonce);
      List.of(resources).forEach(r -> response.addResources(Any.pack(r)));
      toWhole.onNext(response.build());
    }
  }

  @SuppressWarnings("unchecked") // the test passes resources of the type
  private static <T extends Message> String nameOf(ResourceType<T> type, Message resource) {
    return type.nameOf().apply((T) resource);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private void record(String typeUrl, List<String> names, String nonce, boolean refused) {
    String text = typeUrl.endsWith(".Cluster") ? "CDS" : "EDS";
    if (!names.isEmpty()) {
      text += " " + String.join(",", names);
    }
    requests.add(text + (nonce.isEmpty() ? "" : refused ? " nack" : " ack"));
  }

  private final class Service extends AggregatedDiscoveryServiceImplBase {
    @Override
    public StreamObserver<DiscoveryRequest> streamAggregatedResources(
        StreamObserver<DiscoveryResponse> out) {
      whole = out;
      return new Inbox<>() {
        @Override
        public void onNext(DiscoveryRequest request) {
          record(
              request.getTypeUrl(),
              request.getResourceNamesList(),
              request.getResponseNonce(),
              request.hasErrorDetail());
        }
      };
    }

    @Override
    public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
        StreamObserver<DeltaDiscoveryResponse> out) {
      delta = out;
      return new Inbox<>() {
        @Override
        public void onNext(DeltaDiscoveryRequest request) {
          record(
              request.getTypeUrl(),
              request.getResourceNamesSubscribeList(),
              request.getResponseNonce(),
              request.hasErrorDetail());
        }
      };
    }
  }

  private abstract static class Inbox<T> implements StreamObserver<T> {
    @Override
    public void onError(Throwable t) {}

    @Override
    public void onCompleted() {}
  }
}
