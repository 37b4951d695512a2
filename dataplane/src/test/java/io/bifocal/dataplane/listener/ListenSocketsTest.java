package io.bifocal.dataplane.listener;

import static io.bifocal.dataplane.listener.ListenerFixture.connect;
import static io.bifocal.dataplane.listener.ListenerFixture.greetings;
import static io.bifocal.dataplane.listener.ListenerFixture.ip;
import static io.bifocal.dataplane.listener.ListenerFixture.listener;
import static io.bifocal.dataplane.listener.ListenerFixture.uint;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import com.google.protobuf.StringValue;
import io.bifocal.dataplane.listener.ListenerFixture.Client;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.xds.ResourceType;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.listener.v3.AdditionalAddress;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ListenSocketsTest {

  private static void push(ListenerFixture proxy, Listener... listeners) {
    proxy.xds.respond(ResourceType.LISTENER, "1", listeners);
    proxy.pump();
  }

  private static void assumeIpv6() {
    boolean there;
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddresses.forString("::1"))) {
      there = probe.isBound();
    } catch (IOException e) {
      there = false;
    }
    Assumptions.assumeTrue(there, "no ::1 here");
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void connectionsAreSpreadOverTheWorkersByEitherTransport(Transport transport) throws Exception {
    Assumptions.assumeTrue(transport == Transport.NIO || Transport.best() == Transport.EPOLL);
    try (ListenerFixture proxy = new ListenerFixture(transport, 2).started()) {
      push(proxy, listener("l", 0, "hello"));
      assertThat(greetings(proxy.port("l"), 40)).hasSize(40).containsOnly("hello");
      String prefix = "listener.127.0.0.1_0.";
      assertThat(proxy.counter(prefix + "downstream_cx_total")).isEqualTo(40);
      assertThat(proxy.counter(prefix + "worker_0.downstream_cx_total")).isPositive();
      assertThat(proxy.counter(prefix + "worker_1.downstream_cx_total")).isPositive();
      proxy.until(() -> proxy.gauge(prefix + "downstream_cx_active") == 0);
      assertThat(proxy.counter(prefix + "downstream_cx_destroy")).isEqualTo(40);
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void aPipeIsListenedOnWithItsModeAndGoesWithItsListener(Transport transport, @TempDir Path folder)
      throws Exception {
    Assumptions.assumeTrue(transport == Transport.NIO || Transport.best() == Transport.EPOLL);
    Path path = folder.resolve("listener.sock");
    Address.Builder address = Address.newBuilder();
    address.getPipeBuilder().setPath(path.toString()).setMode(0600);
    try (ListenerFixture proxy = new ListenerFixture(transport, 2).started()) {
      push(proxy, listener("l", address.build(), "hello"));
      assertThat(Files.getPosixFilePermissions(path))
          .containsExactlyInAnyOrder(
              PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
      try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
        BufferedReader lines =
            new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
        assertThat(lines.readLine()).isEqualTo("hello");
      }
      push(proxy);
      proxy.until(() -> !Files.exists(path));
    }
  }

  @Test
  void aListenerHasSeveralAddressesOfBothFamilies() throws Exception {
    assumeIpv6();
    try (ListenerFixture proxy = new ListenerFixture().started()) {
      push(
          proxy,
          listener("l", 0, "hello").toBuilder()
              .addAdditionalAddresses(AdditionalAddress.newBuilder().setAddress(ip("::1", 0)))
              .build());
      assertThat(proxy.manager.addresses("l")).hasSize(2);
      for (var address : proxy.manager.addresses("l")) {
        InetSocketAddress inet = (InetSocketAddress) address;
        try (Client client =
            new Client(InetAddresses.toAddrString(inet.getAddress()), inet.getPort())) {
          assertThat(client.line()).isEqualTo("hello");
        }
      }
      assertThat(proxy.connections)
          .extracting(c -> c.remote().text().replaceAll(":[0-9]+$", ""))
          .containsExactly("127.0.0.1", "[::1]");
      assertThat(
              proxy
                  .manager
                  .listeners()
                  .get(0)
                  .getAdditionalLocalAddresses(0)
                  .getSocketAddress()
                  .getPortValue())
          .isPositive();
    }
  }

  @Test
  void theUnspecifiedIpv6AddressTakesIpv4OnlyWhenToldTo() throws Exception {
    assumeIpv6();
    Assumptions.assumeTrue(Transport.best() == Transport.EPOLL);
    try (ListenerFixture proxy = new ListenerFixture().started()) {
      Address.Builder both = ip("::", 0).toBuilder();
      both.getSocketAddressBuilder().setIpv4Compat(true);
      push(proxy, listener("six", ip("::", 0), "six"), listener("both", both.build(), "both"));
      assertThat(greetings(proxy.port("both"), 1)).containsExactly("both");
      assertThat(ListenerFixture.refused(proxy.port("six"))).isTrue();
      try (Client client = new Client("::1", proxy.port("six"))) {
        assertThat(client.line()).isEqualTo("six");
      }
    }
  }

  @Test
  void theMostSpecificFilterChainTakesAConnection() throws Exception {
    try (ListenerFixture proxy = new ListenerFixture().started()) {
      int port = ListenerFixture.freePort();
      push(
          proxy,
          Listener.newBuilder()
              .setName("l")
              .setAddress(ip("0.0.0.0", port))
              .addFilterChains(chain("net", FilterChainMatch.newBuilder(), "127.0.0.0", 8))
              .addFilterChains(chain("host", FilterChainMatch.newBuilder(), "127.0.0.2", 32))
              .addFilterChains(
                  chain(
                      "port",
                      FilterChainMatch.newBuilder().setDestinationPort(uint(port)),
                      "127.0.0.3",
                      32))
              .setDefaultFilterChain(ListenerFixture.chain("default"))
              .build());
      // The port decides first, and there is no way back from it.
      assertThat(greeting("127.0.0.3", port)).isEqualTo("port");
      assertThat(greeting("127.0.0.1", port)).isEqualTo("default");
    }
  }

  @Test
  void theLongestPrefixWins() throws Exception {
    try (ListenerFixture proxy = new ListenerFixture().started()) {
      int port = ListenerFixture.freePort();
      push(
          proxy,
          Listener.newBuilder()
              .setName("l")
              .setAddress(ip("0.0.0.0", port))
              .addFilterChains(chain("net", FilterChainMatch.newBuilder(), "127.0.0.0", 8))
              .addFilterChains(chain("host", FilterChainMatch.newBuilder(), "127.0.0.2", 32))
              .build());
      assertThat(greeting("127.0.0.2", port)).isEqualTo("host");
      assertThat(greeting("127.0.0.9", port)).isEqualTo("net");
    }
  }

  @Test
  void aConnectionThatNoChainTakesIsClosedAndCounted() throws Exception {
    try (ListenerFixture proxy = new ListenerFixture().started()) {
      int port = ListenerFixture.freePort();
      push(
          proxy,
          Listener.newBuilder()
              .setName("l")
              .setAddress(ip("127.0.0.1", port))
              .setStatPrefix("mine")
              .addFilterChains(chain("host", FilterChainMatch.newBuilder(), "127.0.0.2", 32))
              .build());
      try (Client client = connect(port)) {
        assertThat(client.ended()).isTrue();
      }
      assertThat(proxy.counter("listener.mine.no_filter_chain_match")).isEqualTo(1);
    }
  }

  private static FilterChain chain(
      String text, FilterChainMatch.Builder match, String prefix, int bits) {
    return ListenerFixture.chain(text).toBuilder()
        .setFilterChainMatch(
            match.addPrefixRanges(
                CidrRange.newBuilder().setAddressPrefix(prefix).setPrefixLen(uint(bits))))
        .build();
  }

  private static String greeting(String ip, int port) throws IOException {
    try (Client client = new Client(ip, port)) {
      return client.line();
    }
  }

  @Test
  void theListenersOwnAccessLogHearsOfEveryConnection() throws Exception {
    try (ListenerFixture proxy = new ListenerFixture().started()) {
      push(
          proxy,
          listener("l", 0, "hello").toBuilder()
              .addAccessLog(
                  AccessLog.newBuilder()
                      .setName("log")
                      .setTypedConfig(Any.pack(StringValue.of(""))))
              .build());
      assertThat(greetings(proxy.port("l"), 2)).hasSize(2);
      proxy.until(() -> proxy.logged.size() == 2);
      assertThat(proxy.logged.get(0)).startsWith("hello ");
    }
  }

  @Test
  void aHundredTimesOpenAndClosedLeavesNoDescriptor() throws Exception {
    File descriptors = new File("/proc/self/fd");
    Assumptions.assumeTrue(descriptors.isDirectory(), "no /proc here");
    try (ListenerFixture proxy = new ListenerFixture().started()) {
      cycle(proxy, 5);
      int before = count(descriptors);
      cycle(proxy, 100);
      proxy.until(() -> count(descriptors) <= before);
    }
  }

  private static void cycle(ListenerFixture proxy, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      push(proxy, listener("l", 0, "slow " + i));
      proxy.ready("slow " + i);
      assertThat(greetings(proxy.port("l"), 1)).containsExactly("slow " + i);
      push(proxy);
      proxy.pump();
    }
  }

  private static int count(File folder) {
    String[] names = folder.list();
    return names == null ? 0 : names.length;
  }
}
