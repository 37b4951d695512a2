package io.bifocal.conformance.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A client of grpc-go to a server of grpc-go: every kind of call, and every way it can end. */
class GrpcGoTest {
  /** What the client says when there is nothing between them. */
  private static final String WITHOUT_A_PROXY =
      """
      unary: hello
      metadata: [y] ["\\x00\\xff"] [y]
      large: 8388608 bytes, the same: true
      down: 1000 messages
      up: 1024000 bytes
      talk: 100 turns
      stopped: Aborted "stopped" 0 details
      refused: FailedPrecondition "no: nö %" 1 details [why]
      unknown: Unimplemented
      deadline: kept: true; ended there with a deadline: true
      cancelled: Canceled; ended there with a deadline: false
      given up: Canceled
      after all: hello
      """;

  @RegisterExtension final Stage stage = new Stage();

  static Stream<Arguments> everywhere() {
    return Arrays.stream(Subject.values())
        .flatMap(subject -> Stream.of(false, true).map(tls -> Arguments.of(subject, tls)));
  }

  @ParameterizedTest(name = "{0}, TLS: {1}")
  @MethodSource("everywhere")
  void everyCallEndsAsItDoesWithoutAProxy(Subject subject, boolean tls) {
    String program = Peers.require("grpc-go").toString();
    Door door = Door.on(stage);
    Spoken server =
        tls
            ? Spoken.by(
                stage, program, "serve", "-cert", "" + door.chain(), "-key", "" + door.key())
            : Spoken.by(stage, program, "serve");
    InetSocketAddress upstream = server.address();
    String bootstrap =
        tls
            ? door.tlsIngress("") + door.cluster(upstream, Door.HTTP2, door.tls())
            : door.ingress("") + door.cluster(upstream, Door.HTTP2);
    Proxy proxy = stage.start(subject, bootstrap).awaitLive();

    String ingress = "127.0.0.1:" + proxy.listener("ingress").getPort();
    Spoken client =
        tls
            ? Spoken.by(stage, program, "call", "-ca", "" + door.chain(), ingress)
            : Spoken.by(stage, program, "call", ingress);

    assertThat(client.all()).isEqualTo(WITHOUT_A_PROXY);
    assertThat(proxy.stat("http.ingress.downstream_cx_http2_total")).isEqualTo(1);
    assertThat(proxy.stat("cluster.upstream.upstream_cx_http2_total")).isEqualTo(1);
    await("no request left").until(() -> proxy.stat("http.ingress.downstream_rq_active") == 0);
    await("nor any upstream").until(() -> proxy.stat("cluster.upstream.upstream_rq_active") == 0);
  }
}
