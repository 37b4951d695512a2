package io.bifocal.dataplane.cluster;

import static io.bifocal.dataplane.cluster.ClusterFixture.inline;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.bifocal.dataplane.cluster.ClusterFixture.FakePool;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.ConnectionPool;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.dataplane.transport.OwnConnections;
import io.bifocal.dataplane.transport.TransportSocketOptions;
import io.bifocal.dataplane.transport.proxyprotocol.ProxyProtocolData;
import io.bifocal.dataplane.transport.proxyprotocol.Tlv;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Where upstreams are told of clients, no client's connection serves another. */
class ClientsPoolsTest {
  private static final TransportSocketOptions ONE = client("1.2.3.4");
  private static final TransportSocketOptions TWO = client("1.2.3.5");

  private final ClusterFixture f = new ClusterFixture();

  private static TransportSocketOptions client(String ip, Tlv... tlvs) {
    return new TransportSocketOptions(
        new ProxyProtocolData(
            new Address.Ip(InetAddresses.forString(ip), 11),
            new Address.Ip(InetAddresses.forString("5.6.7.8"), 22),
            List.of(tlvs)),
        "",
        null);
  }

  private static Cluster.Builder telling(String... addresses) {
    Cluster.Builder cluster = inline("a", addresses).toBuilder();
    ProxyProtocolUpstreamTransport.Builder transport = ProxyProtocolUpstreamTransport.newBuilder();
    transport
        .getTransportSocketBuilder()
        .setName("raw")
        .setTypedConfig(Any.pack(RawBuffer.getDefaultInstance()));
    cluster.getTransportSocketBuilder().setName("pp").setTypedConfig(Any.pack(transport.build()));
    return cluster;
  }

  private Host host() {
    Host host = f.get("a").chooseHost();
    if (host == null) {
      throw new AssertionError("no host");
    }
    return host;
  }

  private @Nullable ConnectionPool http(TransportSocketOptions client) {
    return f.get("a")
        .httpPool(host(), RoutingPriority.DEFAULT, ApplicationProtocol.HTTP_1_1, client);
  }

  @Test
  void eachClientHasPoolsOfItsOwn() {
    f.running(telling("10.0.0.1").build());
    WorkerCluster cluster = f.get("a");
    assertThat(cluster.tellsOfClients()).isTrue();
    ConnectionPool one = cluster.tcpPool(host(), ONE);
    assertThat(cluster.tcpPool(host(), client("1.2.3.4"))).isSameAs(one);
    assertThat(cluster.tcpPool(host(), TWO)).isNotSameAs(one);
    assertThat(cluster.tcpPool(host(), client("1.2.3.4", new Tlv(1, ByteString.EMPTY))))
        .isNotSameAs(one);
    assertThat(cluster.tcpPool(host())).isNotSameAs(one);
    assertThat(http(ONE)).isNotSameAs(one).isSameAs(http(ONE)).isNotSameAs(http(TWO));
  }

  @Test
  void whereNobodyAsksAllShare() {
    f.running(inline("a", "10.0.0.1"));
    assertThat(f.get("a").tellsOfClients()).isFalse();
  }

  @Test
  void noConnectionIsMadeAheadThatNobodyElseCouldUse() {
    Cluster.Builder cluster = telling("10.0.0.1");
    cluster.getPreconnectPolicyBuilder().getPredictivePreconnectRatioBuilder().setValue(2);
    f.running(cluster.build());
    FakePool one = requireNonNull((FakePool) http(ONE));
    FakePool raw = (FakePool) f.get("a").tcpPool(host(), ONE);
    assertThat(one.preconnects).isZero();
    assertThat(raw.preconnects).isZero();
    assertThat(f.pools).containsExactly(one, raw);
  }

  @Test
  void aClientsPoolGoesWithItsLastConnection() {
    Cluster.Builder cluster = telling("10.0.0.1");
    var thresholds = cluster.getCircuitBreakersBuilder().addThresholdsBuilder();
    thresholds.getMaxConnectionPoolsBuilder().setValue(1);
    f.running(cluster.build());
    FakePool one = requireNonNull((FakePool) http(ONE));
    assertThat(http(TWO)).as("there are as many as there may be").isNull();
    one.becomeEmpty();
    assertThat(f.stat("cluster.a.circuit_breakers.default.cx_pool_open")).isZero();
    assertThat(http(TWO)).isNotNull();
    one.becomeEmpty(); // a second time, which frees nothing
    assertThat(http(ONE)).isNull();
  }

  @Test
  void whatIsOneConnectionsOwnDrainsWithIt() {
    f.running(inline("a", "10.0.0.1"));
    OwnConnections first = new OwnConnections();
    OwnConnections second = new OwnConnections();
    TransportSocketOptions ofFirst = TransportSocketOptions.NONE.ownedBy(first);
    FakePool one = requireNonNull((FakePool) http(ofFirst));
    FakePool two = requireNonNull((FakePool) http(TransportSocketOptions.NONE.ownedBy(second)));
    assertThat(http(TransportSocketOptions.NONE.ownedBy(first))).isSameAs(one).isNotSameAs(two);
    first.clientGone();
    assertThat(one.drained).isTrue();
    assertThat(two.drained).isFalse();
    two.becomeEmpty();
    second.clientGone();
    assertThat(two.drained).as("it had ended before").isFalse();
    one.becomeEmpty();
    assertThat(requireNonNull((FakePool) http(ofFirst)).drained)
        .as("one that is asked for afterwards")
        .isTrue();
  }

  @Test
  void theyDrainWithTheirHostAndCountNoLonger() {
    Cluster.Builder cluster = telling("10.0.0.1");
    var thresholds = cluster.getCircuitBreakersBuilder().addThresholdsBuilder();
    thresholds.getMaxConnectionPoolsBuilder().setValue(1);
    f.running(cluster.build());
    FakePool one = requireNonNull((FakePool) http(ONE));
    f.cds("2", telling("10.0.0.2").setCircuitBreakers(cluster.getCircuitBreakers()).build());
    assertThat(one.drained).isTrue();
    one.becomeEmpty();
    assertThat(http(ONE)).isNotNull();
    assertThat(http(TWO)).isNull();
  }
}
