package io.bifocal.conformance.rfc8305;

import static org.assertj.core.api.Assertions.assertThat;

import io.bifocal.conformance.Backend;
import io.bifocal.conformance.Bootstraps;
import io.bifocal.conformance.Http;
import io.bifocal.conformance.Loopback;
import io.bifocal.conformance.Proxy;
import io.bifocal.conformance.SilentAddress;
import io.bifocal.conformance.Stage;
import io.bifocal.conformance.Subject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which addresses are tried, where connections to them come from, and what that counts. */
class AddressesTest {
  private static final String V4_SOURCE = "source_address: {address: 127.0.0.9, port_value: 0}";
  private static final String V6_SOURCE =
      "extra_source_addresses: [{address: {address: '::1', port_value: 0}}]";

  @RegisterExtension final Stage stage = new Stage();

  @ParameterizedTest
  @EnumSource(Subject.class)
  void eachFamilyComesFromAnAddressOfItsOwn(Subject subject) {
    requireV6();
    Backend six = backend("::1", "six");
    Backend four = backend("127.0.0.1", "four");
    String bind = bind(V4_SOURCE + ", " + V6_SOURCE);
    assertThat(get(start(subject, bind, six.address())).body()).isEqualTo("six");
    assertThat(get(start(subject, bind, four.address())).body()).isEqualTo("four");
    assertThat(six.peers()).containsExactly("::1");
    assertThat(four.peers()).containsExactly("127.0.0.9");
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aFamilyThatNothingComesFromIsPassedOverAtOnce(Subject subject) {
    requireV6();
    Backend six = backend("::1", "six");
    Backend four = backend("127.0.0.1", "four");
    Proxy proxy = start(subject, bind(V4_SOURCE), six.address(), four.address());

    assertThat(get(proxy).body()).isEqualTo("four");

    assertThat(four.peers()).containsExactly("127.0.0.9");
    assertStats(proxy, 1, 2, 0);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void whereNothingComesFromTheFailureIsLocal(Subject subject) {
    requireV6();
    Backend six = backend("::1", "six");
    Proxy proxy = start(subject, bind(V4_SOURCE), six.address(), six.address());

    Http.Response answer = get(proxy);

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.body()).endsWith("reset reason: local connection failure");
    assertStats(proxy, 2, 2, 1);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void anAddressThatIsThereTwiceIsTriedTwice(Subject subject) {
    InetSocketAddress refusing = refusing();
    Backend good = backend("127.0.0.1", "good");
    Proxy proxy = start(subject, "", refusing, refusing, good.address());

    assertThat(get(proxy).body()).isEqualTo("good");

    assertStats(proxy, 0, 3, 0);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void attemptsSideBySideAreOneConnectionToTheCircuitBreaker(Subject subject) {
    InetSocketAddress one = stage.keep(SilentAddress.open("127.0.0.2")).address();
    InetSocketAddress two = stage.keep(SilentAddress.open("127.0.0.3")).address();
    Backend good = backend("127.0.0.1", "good");
    Proxy proxy =
        start(
            subject,
            "circuit_breakers: {thresholds: [{max_connections: 1}]}",
            one,
            two,
            good.address());

    assertThat(get(proxy).body()).isEqualTo("good");

    assertThat(proxy.stat("cluster.raced.upstream_cx_overflow")).isZero();
    assertStats(proxy, 0, 3, 0);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void aProxyInTheMetadataTakesTheConnectionWhateverTheListHolds(Subject subject) {
    Backend one = backend("127.0.0.1", "one");
    Backend two = backend("127.0.0.2", "two");
    Backend proxying = backend("127.0.0.3", "proxy");
    String metadata =
        """
              - metadata: {typed_filter_metadata: {envoy.http11_proxy_transport_socket.proxy_address: {\
        "@type": type.googleapis.com/envoy.config.core.v3.Address, \
        socket_address: {address: 127.0.0.3, port_value: %d}}}}
                lb_endpoints:
        """
            .formatted(proxying.address().getPort());
    String bootstrap =
        bootstrap("", one.address(), two.address()).replace("      - lb_endpoints:\n", metadata);
    Proxy proxy = stage.start(subject, bootstrap).awaitLive();

    assertThat(get(proxy).body()).isEqualTo("proxy");

    assertThat(one.accepts()).isEmpty();
    assertThat(two.accepts()).isEmpty();
    assertStats(proxy, 0, 1, 0);
  }

  private static void assertStats(Proxy proxy, int bindErrors, int total, int connectFail) {
    assertThat(proxy.stats())
        .containsEntry("cluster.raced.bind_errors", String.valueOf(bindErrors))
        .containsEntry("cluster.raced.upstream_cx_total", String.valueOf(total))
        .containsEntry("cluster.raced.upstream_cx_connect_fail", String.valueOf(connectFail));
  }

  private static String bind(String config) {
    return "upstream_bind_config: {" + config + "}";
  }

  private Proxy start(Subject subject, String options, InetSocketAddress... addresses) {
    return stage.start(subject, bootstrap(options, addresses)).awaitLive();
  }

  private static String bootstrap(String options, InetSocketAddress... addresses) {
    return Bootstraps.race("5s", options, Loopback.v4(9), List.of(addresses));
  }

  private static Http.Response get(Proxy proxy) {
    return Http.get(proxy.listener("ingress"), "/");
  }

  private Backend backend(String address, String body) {
    return stage.keep(Backend.start(address, body));
  }

  private static InetSocketAddress refusing() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(Loopback.v4(0));
      return (InetSocketAddress) socket.getLocalSocketAddress();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void requireV6() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(Loopback.v6(0));
    } catch (IOException e) {
      Assumptions.abort("this host has no ::1: " + e.getMessage());
    }
  }
}
