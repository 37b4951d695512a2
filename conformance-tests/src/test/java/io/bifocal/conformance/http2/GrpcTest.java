package io.bifocal.conformance.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** gRPC from a client of grpc-java to a server of grpc-java, through a subject. */
class GrpcTest {
  private static final MethodDescriptor<String, String> ECHO = method("Echo", MethodType.UNARY);
  private static final MethodDescriptor<String, String> COUNT =
      method("Count", MethodType.SERVER_STREAMING);
  private static final MethodDescriptor<String, String> TALK =
      method("Talk", MethodType.BIDI_STREAMING);

  @RegisterExtension final Stage stage = new Stage();

  private static MethodDescriptor<String, String> method(String name, MethodType type) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName("test.Test", name))
        .setRequestMarshaller(new Text())
        .setResponseMarshaller(new Text())
        .build();
  }

  private static final class Text implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("test.Test")
        .addMethod(
            ECHO,
            ServerCalls.asyncUnaryCall(
                (request, observer) -> {
                  if (request.equals("fail")) {
                    observer.onError(
                        Status.FAILED_PRECONDITION.withDescription("no").asRuntimeException());
                  } else if (!request.equals("wait")) {
                    observer.onNext(request);
                    observer.onCompleted();
                  }
                }))
        .addMethod(
            COUNT,
            ServerCalls.asyncServerStreamingCall(
                (request, observer) -> {
                  for (int i = 0; i < Integer.parseInt(request); i++) {
                    observer.onNext("x".repeat(1000) + i);
                  }
                  observer.onCompleted();
                }))
        .addMethod(TALK, ServerCalls.asyncBidiStreamingCall(GrpcTest::answering))
        .build();
  }

  private static StreamObserver<String> answering(StreamObserver<String> answers) {
    return new StreamObserver<>() {
      @Override
      public void onNext(String value) {
        answers.onNext("re: " + value);
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {
        answers.onCompleted();
      }
    };
  }

  private Proxy proxy(Subject subject) throws IOException {
    Server server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(service())
            .build()
            .start();
    stage.keep(server::shutdownNow);
    return stage
        .start(
            subject,
            Http2Bootstrap.of(Loopback.v4(server.getPort()), stage.directory().resolve("log")))
        .awaitLive();
  }

  private ManagedChannel channel(Proxy proxy) {
    InetSocketAddress at = proxy.listener("ingress");
    ManagedChannel channel =
        Grpc.newChannelBuilderForAddress(
                "127.0.0.1", at.getPort(), InsecureChannelCredentials.create())
            .build();
    stage.keep(channel::shutdownNow);
    return channel;
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void callsOfEveryKindComeThrough(Subject subject) throws Exception {
    Proxy proxy = proxy(subject);
    ManagedChannel channel = channel(proxy);
    assertThat(ClientCalls.blockingUnaryCall(channel, ECHO, CallOptions.DEFAULT, "hello"))
        .isEqualTo("hello");

    Iterator<String> counted =
        ClientCalls.blockingServerStreamingCall(channel, COUNT, CallOptions.DEFAULT, "2000");
    List<String> all = new ArrayList<>();
    counted.forEachRemaining(all::add);
    assertThat(all).hasSize(2000);
    assertThat(all.get(1999)).endsWith("x1999");

    BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    StreamObserver<String> talk =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(TALK, CallOptions.DEFAULT), new Collecting(answers));
    for (int i = 0; i < 20; i++) {
      talk.onNext("word " + i);
      assertThat(answers.poll(10, TimeUnit.SECONDS)).isEqualTo("re: word " + i);
    }
    talk.onCompleted();
    assertThat(answers.poll(10, TimeUnit.SECONDS)).isEqualTo("(end)");
    assertThat(proxy.stat("http.ingress.downstream_cx_http2_total")).isEqualTo(1);
    assertThat(proxy.stat("http.ingress.downstream_rq_http2_total")).isEqualTo(3);
  }

  private record Collecting(BlockingQueue<String> answers) implements StreamObserver<String> {
    @Override
    public void onNext(String value) {
      answers.add(value);
    }

    @Override
    public void onError(Throwable failure) {
      answers.add(failure.toString());
    }

    @Override
    public void onCompleted() {
      answers.add("(end)");
    }
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anErrorIsTheServersOwn(Subject subject) throws Exception {
    ManagedChannel channel = channel(proxy(subject));
    Throwable failure =
        catchThrowable(
            () -> ClientCalls.blockingUnaryCall(channel, ECHO, CallOptions.DEFAULT, "fail"));
    assertThat(failure).hasMessage("FAILED_PRECONDITION: no");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aCallThatIsGivenUpEndsUpstreamToo(Subject subject) throws Exception {
    Proxy proxy = proxy(subject);
    ManagedChannel channel = channel(proxy);
    BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    ClientCall<String, String> call = channel.newCall(ECHO, CallOptions.DEFAULT);
    ClientCalls.asyncUnaryCall(call, "wait", new Collecting(answers));
    proxy.awaitStat("cluster.raced.upstream_rq_active", 1);
    call.cancel("enough", null);
    assertThat(answers.poll(10, TimeUnit.SECONDS)).contains("CANCELLED");
    proxy.awaitStat("cluster.raced.upstream_rq_tx_reset", 1);
    proxy.awaitStat("http.ingress.downstream_rq_rx_reset", 1);
    assertThat(proxy.stat("http.ingress.downstream_rq_active")).isZero();
    assertThat(proxy.stat("http2.rx_reset")).isEqualTo(1);
    // The connection lives on.
    assertThat(ClientCalls.blockingUnaryCall(channel, ECHO, CallOptions.DEFAULT, "on"))
        .isEqualTo("on");
    assertThat(proxy.stat("http.ingress.downstream_cx_total")).isEqualTo(1);
    String log =
        org.awaitility.Awaitility.await()
            .until(
                () -> Files.readString(stage.directory().resolve("log")),
                text -> text.contains("/Echo"));
    assertThat(log).contains("/test.Test/Echo 0 DR http2.remote_reset");
  }
}
