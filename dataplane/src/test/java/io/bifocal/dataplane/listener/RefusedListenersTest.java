package io.bifocal.dataplane.listener;

import static io.bifocal.dataplane.listener.ListenerFixture.freePort;
import static io.bifocal.dataplane.listener.ListenerFixture.greetings;
import static io.bifocal.dataplane.listener.ListenerFixture.ip;
import static io.bifocal.dataplane.listener.ListenerFixture.listener;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.xds.core.v3.TypedExtensionConfig;
import com.github.xds.type.matcher.v3.Matcher;
import com.github.xds.type.matcher.v3.ServerNameMatcher;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import io.bifocal.api.ConfigException;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump.DynamicListener;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.FilterStateInput;
import io.envoyproxy.envoy.extensions.matching.common_inputs.network.v3.ServerNameInput;
import io.envoyproxy.envoy.type.matcher.v3.HttpRequestHeaderMatchInput;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Errors in Envoy's words, one by one, and what of the rest is taken all the same. */
class RefusedListenersTest {
  private final ListenerFixture proxy = new ListenerFixture().started();

  @AfterEach
  void close() {
    proxy.close();
  }

  private void push(String version, Listener... listeners) {
    proxy.xds.respond(ResourceType.LISTENER, version, listeners);
    proxy.pump();
  }

  private String nack() {
    return proxy.xds.requests().get(proxy.xds.requests().size() - 1);
  }

  private String refusal(Consumer<Listener.Builder> change) {
    Listener.Builder bad = listener("bad", 0, "x").toBuilder();
    change.accept(bad);
    push("9", bad.build());
    return nack();
  }

  @Test
  void theGoodOnesAreTakenThoughTheResponseIsRefused() throws Exception {
    int port = freePort();
    push(
        "1",
        listener("a", 0, "a"),
        listener("bad", port, "x").toBuilder().clearFilterChains().build(),
        listener("b", 0, "b"));
    assertThat(nack())
        .isEqualTo(
            "LDS[] error: Error adding/updating listener(s) bad: error adding listener"
                + " '127.0.0.1:"
                + port
                + "': no filter chains specified\n");
    assertThat(greetings(proxy.port("a"), 1)).containsExactly("a");
    assertThat(greetings(proxy.port("b"), 1)).containsExactly("b");
    DynamicListener dumped =
        proxy.manager.dump().getDynamicListenersList().stream()
            .filter(l -> l.getName().equals("bad"))
            .findFirst()
            .orElseThrow();
    assertThat(dumped.hasActiveState()).isFalse();
    assertThat(dumped.getErrorState().getDetails()).endsWith("no filter chains specified");

    push("2", listener("a", 0, "a"));
    // A worker may be a moment behind the client that hung up: until then its listener drains.
    proxy.until(() -> proxy.gauge("listener_manager.total_listeners_draining") == 0);
    assertThat(proxy.manager.dump().getDynamicListenersList())
        .singleElement()
        .matches(l -> !l.hasErrorState());
  }

  @Test
  void severalReasonsComeOneALine() {
    push(
        "1",
        Listener.newBuilder().setName("x").build(),
        Listener.newBuilder().setName("y").build());
    assertThat(nack())
        .isEqualTo(
            "LDS[] error: Error adding/updating listener(s) x: error adding listener named 'x':"
                + " address is necessary\ny: error adding listener named 'y': address is"
                + " necessary\n");
  }

  @Test
  void aChangeThatIsRefusedLeavesWhatWasGood() throws Exception {
    int port = freePort();
    push("1", listener("l", port, "one"));
    push("2", listener("l", port, "x").toBuilder().clearFilterChains().build());
    assertThat(nack()).startsWith("LDS[] v1 error:");
    assertThat(greetings(port, 2)).containsOnly("one");
    assertThat(proxy.manager.dump().getVersionInfo()).isEqualTo("1");
    assertThat(proxy.manager.dump().getDynamicListeners(0).hasActiveState()).isTrue();
    assertThat(proxy.manager.dump().getDynamicListeners(0).hasErrorState()).isTrue();
  }

  @Test
  void theFirstOfTwoListenersOfOneNameIsTaken() throws Exception {
    push("1", listener("l", 0, "first"), listener("l", 0, "second"));
    assertThat(nack()).contains("l: duplicate listener l found\n");
    assertThat(greetings(proxy.port("l"), 1)).containsExactly("first");
  }

  @Test
  void twoListenersCannotHaveOneAddress() throws Exception {
    int port = freePort();
    push("1", listener("l1", port, "one"), listener("l4", port, "four"));
    assertThat(nack())
        .contains(
            "l4: error adding listener: 'l4' has duplicate address '127.0.0.1:"
                + port
                + "' as existing listener, to check if the listener has duplicated addresses with"
                + " other listeners or 'enable_reuse_port' is set to 'false' for the listener\n");
    assertThat(greetings(port, 3)).containsOnly("one");
  }

  @Test
  void anAddressThatIsNotThisMachinesCannotBeBound() {
    push("1", listener("l", ip("192.0.2.1", 19205), "x"));
    assertThat(nack())
        .contains("l: cannot bind '192.0.2.1:19205': Cannot assign requested address\n");
    assertThat(proxy.counter("listener_manager.listener_create_failure")).isEqualTo(1);
    assertThat(proxy.closed).containsExactly("x");
  }

  @Test
  void anAddressInUseCannotBeBound() throws Exception {
    try (var other = new java.net.ServerSocket(0)) {
      push("1", listener("l", ip("127.0.0.1", other.getLocalPort()), "x"));
      assertThat(nack()).contains("Address already in use");
    }
  }

  @Test
  void aHostnameIsNoAddress() {
    assertThat(refusal(l -> l.setAddress(ip("localhost", 0))))
        .contains("bad: malformed IP address: localhost");
  }

  @Test
  void unknownExtensionsAreNamedInEnvoysWords() {
    String type = "envoy.config.cluster.v3.Cluster";
    Any any = Any.newBuilder().setTypeUrl("type.googleapis.com/" + type).build();
    String unknown = "Didn't find a registered implementation for 'nope' with type URL: '%s'";
    assertThat(
            refusal(
                l ->
                    l.getFilterChainsBuilder(0)
                        .setFilters(0, Filter.newBuilder().setName("nope").setTypedConfig(any))))
        .contains(unknown.formatted(type));
    assertThat(
            refusal(
                l ->
                    l.getFilterChainsBuilder(0).setFilters(0, Filter.newBuilder().setName("nope"))))
        .contains(unknown.formatted(""));
    assertThat(
            refusal(
                l ->
                    l.addListenerFilters(
                        ListenerFilter.newBuilder().setName("nope").setTypedConfig(any))))
        .contains(unknown.formatted(type));
    assertThat(
            refusal(
                l ->
                    l.getFilterChainsBuilder(0)
                        .setTransportSocket(
                            TransportSocket.newBuilder().setName("nope").setTypedConfig(any))))
        .contains(unknown.formatted(type));
  }

  @Test
  void whatIsNotSupportedIsRefusedByItsPath() {
    assertThat(refusal(l -> l.getUdpListenerConfigBuilder()))
        .contains(
            "listener 'bad': address.socket_address: protocol must be UDP where"
                + " udp_listener_config is set");
    assertThat(refusal(l -> l.getInternalListenerBuilder()))
        .contains("listener 'bad': field 'internal_listener' is not supported");
  }

  @Test
  void twoChainsCannotMatchTheSame() {
    assertThat(refusal(l -> l.addFilterChains(FilterChain.newBuilder().setName("twin"))))
        .contains(
            "error adding listener '127.0.0.1:0': filter chain 'twin' has the same matching rules"
                + " defined as 'x'. duplicate matcher is: {}");
    assertThat(proxy.closed).containsExactly("x");
  }

  @Test
  void whatChainsMatchIsRefusedInEnvoysWords() {
    assertThat(
            refusal(
                l -> {
                  l.getFilterChainsBuilder(0).getFilterChainMatchBuilder().addServerNames("A.b");
                  l.addFilterChainsBuilder().getFilterChainMatchBuilder().addServerNames("a.b");
                }))
        .contains(
            "error adding listener '127.0.0.1:0': multiple filter chains with overlapping matching"
                + " rules are defined");
    assertThat(proxy.closed).containsExactly("x");
    assertThat(
            refusal(
                l -> l.getFilterChainsBuilder(0).getFilterChainMatchBuilder().addServerNames("a*")))
        .contains("partial wildcards are not supported in \"server_names\"");
    assertThat(
            refusal(
                l ->
                    l.getFilterChainsBuilder(0).getFilterChainMatchBuilder().setAddressSuffix("1")))
        .contains("filter chain 'x' contains unimplemented fields");
  }

  @Test
  void aTreeThatCannotNameAChainIsRefused() {
    assertThat(matching(HttpRequestHeaderMatchInput.newBuilder().setHeaderName("a").build(), "a.x"))
        .contains(
            "cannot create a filter chain matcher: Didn't find a registered implementation for 'i'"
                + " with type URL: 'envoy.type.matcher.v3.HttpRequestHeaderMatchInput'");
    assertThat(matching(FilterStateInput.getDefaultInstance(), "a.x"))
        .contains(
            "cannot create a filter chain matcher: filter_chain_matcher.matcher_tree.input: 'i': no"
                + " listener filter here sets what it reads");
    assertThat(matching(ServerNameInput.getDefaultInstance(), "a.*"))
        .contains(
            "cannot create a filter chain matcher: Invalid wildcard domain format: a.*. Only '*'"
                + " and '*.domain' patterns are supported");
  }

  private String matching(Message input, String domain) {
    Matcher.OnMatch then =
        Matcher.OnMatch.newBuilder().setAction(extension("c", StringValue.of("x"))).build();
    Matcher.Builder matcher = Matcher.newBuilder();
    matcher
        .getMatcherTreeBuilder()
        .setInput(extension("i", input))
        .setCustomMatch(
            extension(
                "names",
                ServerNameMatcher.newBuilder()
                    .addDomainMatchers(
                        ServerNameMatcher.DomainMatcher.newBuilder()
                            .addDomains(domain)
                            .setOnMatch(then))
                    .build()));
    return refusal(l -> l.setFilterChainMatcher(matcher));
  }

  private static TypedExtensionConfig extension(String name, Message config) {
    return TypedExtensionConfig.newBuilder().setName(name).setTypedConfig(Any.pack(config)).build();
  }

  @Test
  void aListenerOfTheBootstrapThatCannotBeTakenIsAnError() {
    assertThatThrownBy(() -> proxy.manager.addStatic(Listener.newBuilder().setName("l").build()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("error adding listener named 'l': address is necessary");
  }

  @Test
  void aFilterThatMustBeLastMustBeLast() {
    assertThat(
            refusal(
                l ->
                    l.getFilterChainsBuilder(0)
                        .addFilters(ListenerFixture.chain("second").getFilters(0))))
        .contains("terminal filter named greeter", "must be the last filter");
  }
}
