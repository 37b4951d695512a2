package io.bifocal.xds.internal.stream;

import com.google.protobuf.Message;
import io.bifocal.xds.time.Loop;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.GrpcService.EnvoyGrpc;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.Executor;

/** Calls on a gRPC channel. The back-off is the stream's, so the channel's own is cut short. */
final class GrpcTransport implements Transport {
  /** istiod pushes more than gRPC's default of 4 MiB; what exceeds this breaks the stream. */
  private static final int MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

  private final ManagedChannel channel;
  private final Loop loop;
  private final CallOptions options;
  private final List<HeaderValue> headers;

  GrpcTransport(ManagedChannel channel, GrpcService service, Loop loop, Executor decode) {
    this.channel = channel;
    this.loop = loop;
    this.options = credentials(options(service.getEnvoyGrpc()), service).withExecutor(decode);
    this.headers = service.getInitialMetadataList();
  }

  private static CallOptions options(EnvoyGrpc envoy) {
    int limit =
        envoy.hasMaxReceiveMessageLength()
            ? envoy.getMaxReceiveMessageLength().getValue()
            : MAX_RESPONSE_BYTES;
    CallOptions options = CallOptions.DEFAULT.withMaxInboundMessageSize(Math.max(1, limit));
    return envoy.getAuthority().isEmpty() ? options : options.withAuthority(envoy.getAuthority());
  }

  private static CallOptions credentials(CallOptions options, GrpcService service) {
    return service.getGoogleGrpc().getCallCredentialsList().stream()
        .filter(GrpcService.GoogleGrpc.CallCredentials::hasAccessToken)
        .findFirst()
        .map(given -> options.withCallCredentials(new AccessToken(given.getAccessToken())))
        .orElse(options);
  }

  // A fresh copy for each call, which keeps it.
  private Metadata metadata() {
    Metadata metadata = new Metadata();
    for (HeaderValue header : headers) {
      if (header.getKey().endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        metadata.put(
            Metadata.Key.of(header.getKey(), Metadata.BINARY_BYTE_MARSHALLER),
            header.getRawValue().isEmpty()
                ? header.getValueBytes().toByteArray()
                : header.getRawValue().toByteArray());
      } else {
        metadata.put(
            Metadata.Key.of(header.getKey(), Metadata.ASCII_STRING_MARSHALLER),
            header.getRawValue().isEmpty()
                ? header.getValue()
                : header.getRawValue().toStringUtf8());
      }
    }
    return metadata;
  }

  @Override
  public <Q extends Message, R extends Message> Call<Q> open(
      MethodDescriptor<Q, R> method, Events<R> events) {
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      // Else the call would fail at once with the last failure, while the channel sits out a
      // back-off of up to two minutes.
      channel.enterIdle();
    }
    ClientCall<Q, R> call = channel.newCall(method, options);
    GrpcCall<Q, R> opened = new GrpcCall<>(call, loop, events);
    opened.start(metadata());
    return opened;
  }

  private static final class GrpcCall<Q, R> extends ClientCall.Listener<R> implements Call<Q> {
    private final ClientCall<Q, R> call;
    private final Loop loop;
    private final Events<R> events;
    private boolean cancelled;

    GrpcCall(ClientCall<Q, R> call, Loop loop, Events<R> events) {
      this.call = call;
      this.loop = loop;
      this.events = events;
    }

    void start(Metadata metadata) {
      call.start(this, metadata);
      call.request(1);
    }

    @Override
    public boolean writable() {
      return call.isReady();
    }

    @Override
    public void send(Q request) {
      call.sendMessage(request);
    }

    @Override
    public void request() {
      call.request(1);
    }

    @Override
    public void cancel() {
      cancelled = true;
      call.cancel("no longer wanted", null);
    }

    @Override
    public void onReady() {
      tell(events::onWritable);
    }

    @Override
    public void onMessage(R message) {
      tell(() -> events.onResponse(message));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      String why = text(status);
      tell(() -> events.onClosed(why));
    }

    // gRPC says "io exception"; what the system said, such as who refused, is at the root.
    private static String text(Status status) {
      StringBuilder text = new StringBuilder(status.getCode().name());
      if (status.getDescription() != null) {
        text.append(": ").append(status.getDescription());
      }
      Throwable root = status.getCause();
      while (root != null && root.getCause() != null) {
        root = root.getCause();
      }
      if (root != null && root.getMessage() != null && text.indexOf(root.getMessage()) < 0) {
        text.append(": ").append(root.getMessage());
      }
      return text.toString();
    }

    private void tell(Runnable event) {
      loop.execute(
          () -> {
            if (!cancelled) {
              event.run();
            }
          });
    }
  }
}
