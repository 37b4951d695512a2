package io.bifocal.dataplane.listener;

import static io.bifocal.dataplane.listener.ListenerFixture.chain;
import static io.bifocal.dataplane.listener.ListenerFixture.connect;
import static io.bifocal.dataplane.listener.ListenerFixture.freePort;
import static io.bifocal.dataplane.listener.ListenerFixture.ip;
import static io.bifocal.dataplane.listener.ListenerFixture.listener;
import static io.bifocal.dataplane.listener.ListenerFixture.uint;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.xds.core.v3.TypedExtensionConfig;
import com.github.xds.type.matcher.v3.Matcher;
import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import com.google.protobuf.Struct;
import com.google.protobuf.util.Durations;
import io.bifocal.dataplane.listener.ListenerFixture.Client;
import io.bifocal.dataplane.transport.tls.Authority;
import io.bifocal.dataplane.transport.tls.TestSecrets;
import io.bifocal.dataplane.transport.tls.TlsClient;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.SourceIPInput;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ListenerFiltersTest {
  private final ListenerFixture proxy = new ListenerFixture().started();

  @AfterEach
  void close() {
    proxy.close();
  }

  private static ListenerFilter filter(Message config) {
    return ListenerFilter.newBuilder()
        .setName(config.getDescriptorForType().getName())
        .setTypedConfig(Any.pack(config))
        .build();
  }

  private static FilterChain matching(String text, FilterChainMatch.Builder match) {
    return chain(text).toBuilder().setFilterChainMatch(match).build();
  }

  private void push(Listener... listeners) {
    proxy.xds.respond(ResourceType.LISTENER, "1", listeners);
    proxy.pump();
    assertThat(proxy.xds.newRequests()).noneMatch(request -> request.contains("error"));
  }

  private static Listener.Builder empty(String name) {
    return Listener.newBuilder()
        .setName(name)
        .setStatPrefix(name)
        .setAddress(ip("127.0.0.1", 0))
        .addAccessLog(
            AccessLog.newBuilder().setName("log").setTypedConfig(Any.pack(StringValue.of(""))));
  }

  private static void say(Client client, String text) throws IOException {
    client.socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  // ---- what they find out

  @Test
  void tlsClientsGetTheChainOfTheServerThatTheyAskFor() throws Exception {
    Listener.Builder listener = empty("l");
    for (String name : List.of("a.test", "b.test")) {
      DownstreamTlsContext tls =
          DownstreamTlsContext.newBuilder()
              .setCommonTlsContext(
                  CommonTlsContext.newBuilder()
                      .addTlsCertificates(
                          TestSecrets.certificate(
                              Authority.named("ca").issue(Authority.leaf(name)))))
              .build();
      listener.addFilterChains(
          matching("a", FilterChainMatch.newBuilder().addServerNames(name)).toBuilder()
              .setName(name)
              .setTransportSocket(
                  TransportSocket.newBuilder().setName("tls").setTypedConfig(Any.pack(tls))));
    }
    listener.addFilterChains(
        matching("plain", FilterChainMatch.newBuilder().setTransportProtocol("raw_buffer")));
    push(listener.build()); // the inspector is added

    InetSocketAddress address = (InetSocketAddress) proxy.manager.addresses("l").get(0);
    for (String name : List.of("b.test", "a.test")) {
      try (TlsClient client =
          TlsClient.connect(TlsClient.context(null), address, TlsClient.sni(name))) {
        assertThat(client.serverNames()).isEqualTo(name);
        assertThat(client.echo("a\na\n")).isEqualTo("a\na\n");
      }
    }
    assertThat(proxy.connections)
        .extracting(c -> c.serverName())
        .containsExactly("b.test", "a.test");
    try (Client client = connect(proxy.port("l"))) {
      say(client, "what is no TLS\n");
      assertThat(client.line()).isEqualTo("plain");
      assertThat(client.line()).isEqualTo("what is no TLS"); // and is handed on
    }
    assertThat(proxy.counter("tls_inspector.sni_found")).isEqualTo(2);
    assertThat(proxy.counter("tls_inspector.tls_not_found")).isEqualTo(1);
  }

  @Test
  void aProxyInFrontTellsWhomAConnectionComesFrom() throws Exception {
    push(
        empty("l")
            .addListenerFilters(filter(ProxyProtocol.getDefaultInstance()))
            .addFilterChains(chain("hello"))
            .build());
    try (Client client = connect(proxy.port("l"))) {
      say(client, "PROXY TCP4 1.2.3.4 ");
      say(client, "5.6.7.8 11 22\r\nfirst\n");
      assertThat(client.line()).isEqualTo("hello");
      assertThat(client.line()).isEqualTo("first");
    }
    assertThat(proxy.connections.get(0).remote()).hasToString("1.2.3.4:11");
    assertThat(proxy.connections.get(0).local()).hasToString("5.6.7.8:22");
    assertThat(proxy.connections.get(0).directRemote().text()).startsWith("127.0.0.1:");
  }

  @Test
  void andWhatElseItSaysIsMetadata() throws Exception {
    ProxyProtocol.Builder config = ProxyProtocol.newBuilder();
    config.addRulesBuilder().setTlvType(0xEA).getOnTlvPresentBuilder().setKey("vpc");
    push(
        empty("l")
            .addListenerFilters(filter(config.build()))
            .addFilterChains(chain("hello"))
            .build());
    try (Client client = connect(proxy.port("l"))) {
      say(client, "\r\n\r\n\0\r\nQUIT\n!\21\0\24\1\2\3\4\5\6\7\10\0\13\0\26\u00ea\0\5vpc-1");
      assertThat(client.line()).isEqualTo("hello");
    }
    Struct told =
        proxy.connections.get(0).stream()
            .dynamicMetadata
            .get("envoy.filters.listener.proxy_protocol");
    assertThat(told)
        .extracting(struct -> struct.getFieldsOrThrow("vpc").getStringValue())
        .isEqualTo("vpc-1");
  }

  @Test
  void aFilterIsOffWhereItsPredicateHolds() throws Exception {
    ListenerFilter.Builder off = filter(ProxyProtocol.getDefaultInstance()).toBuilder();
    off.getFilterDisabledBuilder().setAnyMatch(true);
    push(empty("l").addListenerFilters(off).addFilterChains(chain("hello")).build());
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.line()).isEqualTo("hello"); // without a word from the client
    }
  }

  @Test
  void aTreeOfMatchersNamesTheChain() throws Exception {
    TypedExtensionConfig input =
        TypedExtensionConfig.newBuilder()
            .setName("in")
            .setTypedConfig(Any.pack(SourceIPInput.getDefaultInstance()))
            .build();
    Matcher.Builder matcher = Matcher.newBuilder();
    matcher
        .getMatcherTreeBuilder()
        .setInput(input)
        .getExactMatchMapBuilder()
        .putMap("1.2.3.4", named("known"));
    matcher.setOnNoMatch(named("other"));
    push(
        empty("l")
            .addListenerFilters(filter(ProxyProtocol.getDefaultInstance()))
            .setFilterChainMatcher(matcher)
            .addFilterChains(chain("known"))
            .addFilterChains(chain("other"))
            .build());
    for (String[] visit : new String[][] {{"1.2.3.4", "known"}, {"1.2.3.5", "other"}}) {
      try (Client client = connect(proxy.port("l"))) {
        say(client, "PROXY TCP4 " + visit[0] + " 5.6.7.8 11 22\r\n");
        assertThat(client.line()).isEqualTo(visit[1]);
      }
    }
  }

  private static Matcher.OnMatch named(String chain) {
    return Matcher.OnMatch.newBuilder()
        .setAction(
            TypedExtensionConfig.newBuilder()
                .setName(chain)
                .setTypedConfig(Any.pack(StringValue.of(chain))))
        .build();
  }

  // ---- how long they take

  @Test
  void aClientThatSaysNothingIsClosedInTime() throws Exception {
    push(
        empty("l")
            .addListenerFilters(filter(TlsInspector.getDefaultInstance()))
            .setListenerFiltersTimeout(Durations.fromMillis(200))
            .addFilterChains(chain("hello"))
            .build());
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.ended()).isTrue();
    }
    proxy.until(() -> proxy.logged.size() == 1);
    assertThat(proxy.counter("listener.l.downstream_pre_cx_timeout")).isEqualTo(1);
    assertThat(proxy.gauge("listener.l.downstream_pre_cx_active")).isZero();
    assertThat(proxy.counter("listener.l.downstream_cx_total")).isZero();
    assertThat(proxy.connections).isEmpty();
  }

  @Test
  void orGoesOnWithWhatIsKnown() throws Exception {
    push(
        empty("l")
            .addListenerFilters(filter(HttpInspector.getDefaultInstance()))
            .setListenerFiltersTimeout(Durations.fromMillis(200))
            .setContinueOnListenerFiltersTimeout(true)
            .addFilterChains(chain("hello"))
            .build());
    try (Client client = connect(proxy.port("l"))) {
      say(client, "GET ");
      assertThat(client.line()).isEqualTo("hello");
      say(client, "on\n");
      assertThat(client.line()).isEqualTo("GET on");
    }
  }

  @Test
  void aClientThatLeavesEarlyIsCounted() throws Exception {
    push(
        empty("l")
            .addListenerFilters(filter(TlsInspector.getDefaultInstance()))
            .addFilterChains(chain("hello"))
            .build());
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.socket.isConnected()).isTrue();
      proxy.until(() -> proxy.gauge("listener.l.downstream_pre_cx_active") == 1);
    }
    proxy.until(() -> proxy.counter("listener.l.downstream_listener_filter_remote_close") == 1);
    proxy.until(() -> proxy.logged.size() == 1);
    assertThat(proxy.gauge("listener.l.downstream_pre_cx_active")).isZero();
  }

  @Test
  void aConnectionThatIsLookedAtGetsAChainOfTheVersionOfThen() throws Exception {
    Listener.Builder first =
        empty("l")
            .addListenerFilters(filter(TlsInspector.getDefaultInstance()))
            .addFilterChains(chain("old"));
    push(first.build());
    try (Client client = connect(proxy.port("l"))) {
      proxy.until(() -> proxy.gauge("listener.l.downstream_pre_cx_active") == 1);
      push(first.clone().setFilterChains(0, chain("new")).build());
      proxy.until(() -> proxy.closed.contains("old")); // nothing is left of it
      say(client, "hi\n");
      assertThat(client.line()).isEqualTo("new");
    }
    assertThat(proxy.counter("listener_manager.listener_in_place_updated")).isEqualTo(1);
  }

  // ---- other listeners, and limits

  @Test
  void aConnectionGoesToTheListenerThatItWasMeantFor() throws Exception {
    int port = freePort();
    push(
        empty("entrance")
            .addListenerFilters(filter(ProxyProtocol.getDefaultInstance()))
            .setUseOriginalDst(BoolValue.of(true))
            .addFilterChains(chain("entrance"))
            .build(),
        empty("exact")
            .setAddress(ip("5.6.7.8", port))
            .setBindToPort(BoolValue.of(false))
            .addFilterChains(chain("exact"))
            .build(),
        empty("anywhere")
            .setAddress(ip("0.0.0.0", port))
            .setBindToPort(BoolValue.of(false))
            .addFilterChains(chain("anywhere"))
            .build());
    for (String[] visit :
        new String[][] {{"5.6.7.8", "exact"}, {"5.6.7.9", "anywhere"}, {"::7", "entrance"}}) {
      try (Client client = connect(proxy.port("entrance"))) {
        String version = visit[0].contains(":") ? "TCP6 ::5 " : "TCP4 1.2.3.4 ";
        say(client, "PROXY " + version + visit[0] + " 11 " + port + "\r\nhere\n");
        assertThat(client.line()).isEqualTo(visit[1]);
        assertThat(client.line()).isEqualTo("here");
      }
    }
    proxy.until(() -> proxy.logged.size() == 3); // one line each, by who served it
    assertThat(proxy.counter("listener.entrance.downstream_cx_total")).isEqualTo(1);
    assertThat(proxy.counter("listener.exact.downstream_cx_total")).isEqualTo(1);
    assertThat(proxy.manager.listeners()).hasSize(3);

    push(
        empty("entrance")
            .addListenerFilters(filter(ProxyProtocol.getDefaultInstance()))
            .setUseOriginalDst(BoolValue.of(true))
            .addFilterChains(chain("entrance"))
            .build());
    try (Client client = connect(proxy.port("entrance"))) {
      say(client, "PROXY TCP4 1.2.3.4 5.6.7.8 11 " + port + "\r\n");
      assertThat(client.line()).isEqualTo("entrance");
    }
  }

  @Test
  void aListenerHasNoMoreConnectionsThanItMay() throws Exception {
    proxy.runtime.set("envoy.resource_limits.listener.l.connection_limit", "2");
    push(
        empty("l").addFilterChains(chain("hello")).build(),
        empty("free").addFilterChains(chain("hi")).build());
    try (Client one = connect(proxy.port("l"))) {
      assertThat(one.line()).isEqualTo("hello"); // before the next, which another worker may take
      try (Client two = connect(proxy.port("l"))) {
        assertThat(two.line()).isEqualTo("hello");
        try (Client three = connect(proxy.port("l"))) {
          assertThat(three.ended()).isTrue();
        }
      }
      try (Client other = connect(proxy.port("free"))) {
        assertThat(other.line()).isEqualTo("hi");
      }
    }
    assertThat(proxy.counter("listener.l.downstream_cx_overflow")).isEqualTo(1);
    proxy.until(() -> proxy.gauge("listener.l.downstream_cx_active") == 0);
    try (Client again = connect(proxy.port("l"))) {
      assertThat(again.line()).isEqualTo("hello");
    }
  }

  @Test
  void allListenersHaveNoMoreTogetherButForThoseThatAreNotCounted() throws Exception {
    proxy.runtime.set("overload.global_downstream_max_connections", "1");
    push(
        empty("l").addFilterChains(chain("hello")).build(),
        empty("m").addFilterChains(chain("hi")).build(),
        empty("free").setIgnoreGlobalConnLimit(true).addFilterChains(chain("free")).build());
    try (Client one = connect(proxy.port("l"))) {
      assertThat(one.line()).isEqualTo("hello");
      try (Client two = connect(proxy.port("m"));
          Client three = connect(proxy.port("free"))) {
        assertThat(two.ended()).isTrue();
        assertThat(three.line()).isEqualTo("free");
      }
    }
    assertThat(proxy.counter("listener.m.downstream_global_cx_overflow")).isEqualTo(1);
  }

  @Test
  void exactBalanceGivesEachWorkerTheSame() throws Exception {
    Listener.Builder listener = empty("l").addFilterChains(chain("hello"));
    listener.getConnectionBalanceConfigBuilder().getExactBalanceBuilder();
    push(listener.build());
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Client client = connect(proxy.port("l"));
      clients.add(client);
      assertThat(client.line()).isEqualTo("hello");
    }
    assertThat(proxy.gauge("listener.l.worker_0.downstream_cx_active")).isEqualTo(5);
    assertThat(proxy.gauge("listener.l.worker_1.downstream_cx_active")).isEqualTo(5);
    for (Client client : clients) {
      client.close();
    }
  }

  @Test
  void optionsOfSocketsAreSet() throws Exception {
    Listener.Builder transparent = empty("l").addFilterChains(chain("hello"));
    transparent
        .setFreebind(BoolValue.of(true))
        .setTcpFastOpenQueueLength(uint(5))
        .addSocketOptionsBuilder()
        .setLevel(1)
        .setName(9) // SO_KEEPALIVE
        .setIntValue(1);
    push(transparent.setAddress(ip("127.0.0.1", 0)).build());
    try (Client client = connect(proxy.port("l"))) {
      assertThat(client.line()).isEqualTo("hello");
    }
    Listener.Builder bad = listener("bad", 0, "x").toBuilder();
    bad.addSocketOptionsBuilder().setLevel(1).setName(9999).setIntValue(1);
    proxy.xds.respond(ResourceType.LISTENER, "2", transparent.build(), bad.build());
    assertThat(proxy.xds.newRequests()).anyMatch(request -> request.contains("cannot bind"));
  }

  @Test
  @SuppressWarnings("deprecation")
  void theOlderFieldsOfListenersAreObeyed() throws Exception {
    push(
        empty("l")
            .addFilterChains(chain("hello").toBuilder().setUseProxyProto(BoolValue.of(true)))
            .build(),
        empty("unbound")
            .setReusePort(true)
            .setDeprecatedV1(Listener.DeprecatedV1.newBuilder().setBindToPort(BoolValue.of(false)))
            .addFilterChains(chain("nobody"))
            .build());
    assertThat(proxy.manager.addresses("unbound")).isEmpty();
    try (Client client = connect(proxy.port("l"))) {
      say(client, "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\nfirst\n");
      assertThat(client.line()).isEqualTo("hello");
    }
    assertThat(proxy.connections.get(0).remote()).hasToString("1.2.3.4:11");
  }

  @Test
  @SuppressWarnings("deprecation")
  void theDefaultChainsWordCountsWhereThereIsNoOther() throws Exception {
    push(
        empty("l")
            .setDefaultFilterChain(chain("hello").toBuilder().setUseProxyProto(BoolValue.of(true)))
            .build());
    try (Client client = connect(proxy.port("l"))) {
      say(client, "PROXY TCP4 1.2.3.4 5.6.7.8 11 22\r\nfirst\n");
      assertThat(client.line()).isEqualTo("hello");
    }
    assertThat(proxy.connections.get(0).remote()).hasToString("1.2.3.4:11");
  }
}
