package io.bifocal.conformance.http;

import com.google.protobuf.StringValue;
import io.bifocal.conformance.Loopback;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A gRPC service that greets: once, as often as it is told names, or fails with a reason. */
final class Greeter implements AutoCloseable {
  private static final MethodDescriptor<StringValue, StringValue> GREET =
      method("Greet", MethodDescriptor.MethodType.UNARY);
  private static final MethodDescriptor<StringValue, StringValue> CHAT =
      method("Chat", MethodDescriptor.MethodType.BIDI_STREAMING);
  private static final MethodDescriptor<StringValue, StringValue> FAIL =
      method("Fail", MethodDescriptor.MethodType.UNARY);
  private static final Metadata.Key<String> TRIED =
      Metadata.Key.of("tried", Metadata.ASCII_STRING_MARSHALLER);

  private final Server server;

  Greeter() {
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("samples.Greeter")
            .addMethod(
                GREET,
                ServerCalls.asyncUnaryCall(
                    (name, answer) -> {
                      answer.onNext(hello(name));
                      answer.onCompleted();
                    }))
            .addMethod(CHAT, ServerCalls.asyncBidiStreamingCall(Greeter::chat))
            .addMethod(FAIL, ServerCalls.asyncUnaryCall(Greeter::fail))
            .build();
    try {
      server = NettyServerBuilder.forAddress(Loopback.v4(0)).addService(service).build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MethodDescriptor<StringValue, StringValue> method(
      String name, MethodDescriptor.MethodType type) {
    return MethodDescriptor.<StringValue, StringValue>newBuilder()
        .setType(type)
        .setFullMethodName("samples.Greeter/" + name)
        .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
        .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
        .build();
  }

  private static StringValue hello(StringValue name) {
    return StringValue.of("hello " + name.getValue());
  }

  private static StreamObserver<StringValue> chat(StreamObserver<StringValue> answers) {
    return new StreamObserver<>() {
      @Override
      public void onNext(StringValue name) {
        answers.onNext(hello(name));
      }

      @Override
      public void onError(Throwable failure) {
        // The client went away: nobody hears an answer.
      }

      @Override
      public void onCompleted() {
        answers.onCompleted();
      }
    };
  }

  private static void fail(StringValue name, StreamObserver<StringValue> answer) {
    Metadata trailers = new Metadata();
    trailers.put(TRIED, "1");
    answer.onError(
        Status.NOT_FOUND
            .withDescription("no such " + name.getValue())
            .asRuntimeException(trailers));
  }

  int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  /** Asks it, through whatever listens at an address. */
  static final class Client implements AutoCloseable {
    private final ManagedChannel channel;

    Client(InetSocketAddress address) {
      channel = NettyChannelBuilder.forAddress(address).usePlaintext().build();
    }

    private static CallOptions options() {
      return CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    String greet(String name) {
      return ClientCalls.blockingUnaryCall(channel, GREET, options(), StringValue.of(name))
          .getValue();
    }

    /** The answers to one stream of names. */
    List<String> chat(List<String> names) throws Exception {
      List<String> heard = new ArrayList<>();
      CompletableFuture<List<String>> all = new CompletableFuture<>();
      StreamObserver<StringValue> requests =
          ClientCalls.asyncBidiStreamingCall(
              channel.newCall(CHAT, options()),
              new StreamObserver<StringValue>() {
                @Override
                public void onNext(StringValue answer) {
                  heard.add(answer.getValue());
                }

                @Override
                public void onError(Throwable failure) {
                  all.completeExceptionally(failure);
                }

                @Override
                public void onCompleted() {
                  all.complete(heard);
                }
              });
      names.forEach(name -> requests.onNext(StringValue.of(name)));
      requests.onCompleted();
      return all.get(20, TimeUnit.SECONDS);
    }

    /** What the failure says, and its trailer. */
    String failure(String name) {
      try {
        return greet(FAIL, name);
      } catch (StatusRuntimeException e) {
        Metadata trailers = Objects.requireNonNull(e.getTrailers());
        return "%s: %s, tried %s"
            .formatted(
                e.getStatus().getCode(), e.getStatus().getDescription(), trailers.get(TRIED));
      }
    }

    private String greet(MethodDescriptor<StringValue, StringValue> method, String name) {
      return ClientCalls.blockingUnaryCall(channel, method, options(), StringValue.of(name))
          .getValue();
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }
}
