package io.bifocal.conformance.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Ports;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A listener changes, and goes, while connections of a TCP proxy are open: the same must hold of
 * both.
 */
class InPlaceUpdatesTest {
  private static final String DRAINING_CHAINS = "listener_manager.total_filter_chains_draining";
  private static final String DRAINING_LISTENERS = "listener_manager.total_listeners_draining";

  @RegisterExtension final Stage stage = new Stage();
  private final int port = Ports.free();

  /** Two chains, told apart by the port that a proxy in front names. */
  private String resource(String one, String two) {
    return """
        resources:
        - "@type": type.googleapis.com/envoy.config.listener.v3.Listener
          name: l
          address: {socket_address: {address: 127.0.0.1, port_value: %d}}
          listener_filters:
          - {name: pp, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol}}
          filter_chains:
        %s%s"""
        .formatted(port, chain(one, 21), chain(two, 22));
  }

  private static String chain(String name, int port) {
    return """
          - name: chain%2$d
            filter_chain_match: {destination_port: %2$d}
            filters:
            - {name: tcp, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: %1$s, cluster: up}}
        """
        .formatted(name, port);
  }

  private static void put(Path file, String content) throws IOException {
    Path beside = file.resolveSibling("next");
    Files.writeString(beside, content);
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Talk visit(Proxy proxy, int meant) {
    return new Talk(proxy.listener("l"))
        .say("PROXY TCP4 1.2.3.4 5.6.7.8 11 " + meant + "\r\nhello");
  }

  private static void exchange(Talk client, Talk upstream) {
    assertThat(client.say("ping").hear(0) + upstream.hear(4)).isEqualTo("ping");
    upstream.say("pong");
    assertThat(client.hear(4)).isEqualTo("pong");
  }

  @ParameterizedTest
  @EnumSource
  void whatDoesNotChangeGoesOnAndWhatDoesDrains(Subject subject) throws IOException {
    ServerSocket server = stage.keep(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    server.setSoTimeout(5_000);
    Path file = stage.write("listeners.yaml", resource("one", "two"));
    Proxy proxy =
        stage
            .start(
                subject,
                """
                node: {id: node, cluster: c}
                admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
                dynamic_resources:
                  lds_config: {path_config_source: {path: %s}}
                static_resources:
                  clusters:
                  - {name: up, type: STATIC, load_assignment: {cluster_name: up, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}
                """
                    .formatted(file, server.getLocalPort()),
                "--drain-time-s",
                "2",
                "--drain-strategy",
                "immediate")
            .awaitLive();
    try (Talk stays = visit(proxy, 21);
        Talk staysAbove = new Talk(server.accept());
        Talk drains = visit(proxy, 22);
        Talk drainsAbove = new Talk(server.accept())) {
      assertThat(staysAbove.hear(5) + drainsAbove.hear(5)).isEqualTo("hellohello");
      put(file, resource("one", "other"));
      proxy.awaitStat("listener_manager.listener_in_place_updated", 1);
      exchange(stays, staysAbove);
      exchange(drains, drainsAbove);
      proxy.awaitStat(DRAINING_CHAINS, 1);
      try (Talk later = visit(proxy, 22);
          Talk laterAbove = new Talk(server.accept())) {
        assertThat(laterAbove.hear(5)).isEqualTo("hello");
        assertThat(proxy.stat("tcp.other.downstream_cx_total")).isEqualTo(1);
        assertThat(drains.hearAll()).as("its time is over").isEqualTo("<closed>");
        await().until(() -> proxy.stat(DRAINING_CHAINS) == 0);
        exchange(later, laterAbove);
      }
      exchange(stays, staysAbove);

      put(file, "resources: []\n");
      proxy.awaitStat("listener_manager.listener_removed", 1);
      exchange(stays, staysAbove);
      proxy.awaitStat(DRAINING_LISTENERS, 1);
      assertThat(proxy.listeners()).isEmpty();
      assertThat(stays.hearAll()).as("its time is over").isEqualTo("<closed>");
      await().until(() -> proxy.stat(DRAINING_LISTENERS) == 0);
    }
  }
}
