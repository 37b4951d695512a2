package io.bifocal.conformance.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Small network filters, of either proxy: the same must hold of both. */
class NetworkFiltersAgreementTest {
  private static final String BOOTSTRAP =
      """
      admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
      layered_runtime:
        layers:
        - name: static
          static_layer: {envoy.resource_limits.listener.bounded.connection_limit: 1}
      static_resources:
        listeners:
        - name: limited
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - {name: limit, typed_config: {"@type": %1$s.connection_limit.v3.ConnectionLimit, stat_prefix: now, max_connections: 1}}
            - {name: echo, typed_config: {"@type": %1$s.echo.v3.Echo}}
        - name: late
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - {name: limit, typed_config: {"@type": %1$s.connection_limit.v3.ConnectionLimit, stat_prefix: late, max_connections: 1, delay: 0.3s}}
            - {name: echo, typed_config: {"@type": %1$s.echo.v3.Echo}}
        - name: bounded
          stat_prefix: bounded
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - {name: echo, typed_config: {"@type": %1$s.echo.v3.Echo}}
      """
          .formatted("type.googleapis.com/envoy.extensions.filters.network");

  @RegisterExtension final Stage stage = new Stage();

  @ParameterizedTest
  @EnumSource
  void soManyConnectionsPassAndNoMore(Subject subject) {
    Proxy proxy = stage.start(subject, BOOTSTRAP).awaitLive();
    for (String[] limit : new String[][] {{"limited", "now"}, {"late", "late"}}) {
      try (Talk one = new Talk(proxy.listener(limit[0]))) {
        assertThat(one.say("one").hear(3)).isEqualTo("one");
        try (Talk two = new Talk(proxy.listener(limit[0]))) {
          assertThat(two.hearAll()).isEqualTo("<closed>");
        }
        proxy.awaitStat("connection_limit." + limit[1] + ".limited_connections", 1);
        assertThat(one.say("still").hear(5)).isEqualTo("still");
      }
      await().until(() -> proxy.stat("connection_limit." + limit[1] + ".active_connections") == 0);
      try (Talk three = new Talk(proxy.listener(limit[0]))) {
        assertThat(three.say("three").hear(5)).isEqualTo("three");
      }
      assertThat(proxy.stat("connection_limit." + limit[1] + ".limited_connections")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aListenerHasNoMoreConnectionsThanTheRuntimeSays(Subject subject) {
    Proxy proxy = stage.start(subject, BOOTSTRAP).awaitLive();
    try (Talk one = new Talk(proxy.listener("bounded"))) {
      assertThat(one.say("one").hear(3)).isEqualTo("one");
      try (Talk two = new Talk(proxy.listener("bounded"))) {
        assertThat(two.hearAll()).isEqualTo("<closed>");
      }
      assertThat(proxy.stat("listener.bounded.downstream_cx_overflow")).isEqualTo(1);
      assertThat(proxy.stat("listener.bounded.downstream_cx_total")).isEqualTo(1);
    }
  }
}
