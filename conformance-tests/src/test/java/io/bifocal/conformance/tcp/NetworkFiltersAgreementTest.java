package io.bifocal.conformance.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.util.List;
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
          static_layer: {envoy.resource_limits.listener.bounded.connection_limit: 1, limit.off: false}
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
        - name: slow
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - {name: limit, typed_config: {"@type": %1$s.local_ratelimit.v3.LocalRateLimit, stat_prefix: slow, token_bucket: {max_tokens: 2, fill_interval: 1000s}}}
            - {name: echo, typed_config: {"@type": %1$s.echo.v3.Echo}}
        - name: shared
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - {name: limit, typed_config: {"@type": %1$s.local_ratelimit.v3.LocalRateLimit, stat_prefix: shared, share_key: k, token_bucket: {max_tokens: 1, fill_interval: 1000s}}}
            - {name: echo, typed_config: {"@type": %1$s.echo.v3.Echo}}
        - name: sharing
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - {name: limit, typed_config: {"@type": %1$s.local_ratelimit.v3.LocalRateLimit, stat_prefix: sharing, share_key: k, token_bucket: {max_tokens: 1, fill_interval: 1000s}}}
            - {name: echo, typed_config: {"@type": %1$s.echo.v3.Echo}}
        - name: "off"
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - {name: limit, typed_config: {"@type": %1$s.local_ratelimit.v3.LocalRateLimit, stat_prefix: "off", runtime_enabled: {default_value: true, runtime_key: limit.off}, token_bucket: {max_tokens: 1, fill_interval: 1000s}}}
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

  private static String visit(Proxy proxy, String listener) {
    try (Talk talk = new Talk(proxy.listener(listener))) {
      return talk.say("hello").hear(5);
    }
  }

  @ParameterizedTest
  @EnumSource
  void connectionsThatComeTooFastAreClosed(Subject subject) {
    Proxy proxy = stage.start(subject, BOOTSTRAP).awaitLive();
    assertThat(List.of(visit(proxy, "slow"), visit(proxy, "slow"), visit(proxy, "slow")))
        .containsExactly("hello", "hello", "<closed>");
    assertThat(proxy.stat("local_rate_limit.slow.rate_limited")).isEqualTo(1);
    assertThat(List.of(visit(proxy, "shared"), visit(proxy, "sharing")))
        .containsExactly("hello", "<closed>");
    assertThat(proxy.stat("local_rate_limit.sharing.rate_limited")).isEqualTo(1);
    assertThat(proxy.stat("local_rate_limit.shared.rate_limited")).isZero();
    assertThat(List.of(visit(proxy, "off"), visit(proxy, "off"))).containsOnly("hello");
  }
}
