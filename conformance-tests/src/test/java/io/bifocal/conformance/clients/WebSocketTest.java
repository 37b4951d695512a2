package io.bifocal.conformance.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Peers;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A client of the library websockets to its server, with permessage-deflate (RFC 7692). */
class WebSocketTest {
  /** What the client says when there is nothing between them. */
  private static final String WITHOUT_A_PROXY =
      """
      agreed: chat ['permessage-deflate']
      text: hellö
      binary: b'\\x00\\xff'
      empty: ['', b'']
      large, binary: True
      large, text: True
      fragments up: True
      fragments down: [1, 70000, 0, 1, 0]
      ping up: True
      ping down: ponged
      closed by the client: 1001 bye
      closed by the server: 4001 as told
      refused: 403 bytearray(b'no\\n')
      """;

  @RegisterExtension final Stage stage = new Stage();

  static Stream<Arguments> everywhere() {
    return Arrays.stream(Subject.values())
        .flatMap(subject -> Stream.of(false, true).map(tls -> Arguments.of(subject, tls)));
  }

  @ParameterizedTest(name = "{0}, TLS: {1}")
  @MethodSource("everywhere")
  void bothEndsAgreeAsWithoutAProxy(Subject subject, boolean tls) {
    String program = Peers.require("websockets").toString();
    Door door = Door.on(stage);
    String upgrade = "upgrade_configs: [{upgrade_type: websocket}]";
    Spoken server =
        tls
            ? Spoken.by(stage, program, "serve", "" + door.chain(), "" + door.key())
            : Spoken.by(stage, program, "serve");
    String bootstrap =
        tls
            ? door.tlsIngress(upgrade) + door.cluster(server.address(), door.tls())
            : door.ingress(upgrade) + door.cluster(server.address());
    Proxy proxy = stage.start(subject, bootstrap).awaitLive();

    String place = "localhost:" + proxy.listener("ingress").getPort() + "/";
    Spoken client =
        tls
            ? Spoken.by(stage, program, "talk", "wss://" + place, "" + door.chain())
            : Spoken.by(stage, program, "talk", "ws://" + place);

    assertThat(client.all()).isEqualTo(WITHOUT_A_PROXY);
    await("nothing left")
        .until(() -> proxy.stat("http.ingress.downstream_cx_upgrades_active") == 0);
    await("nor upstream").until(() -> proxy.stat("cluster.upstream.upstream_rq_active") == 0);
  }
}
