package io.bifocal.dataplane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.OriginalDstLbConfig;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class OriginalDestinationTest {
  private static final Address WANTED = address("10.1.1.1", 80);

  private final StatsStore stats = new StatsStore(1);
  private final UpstreamStats counted = new UpstreamStats(stats.root(), 1);
  private final StreamInfo info = new StreamInfo();
  private final HttpHeaders headers = new DefaultHttpHeaders();

  private static Address address(String ip, int port) {
    return new Address.Ip(InetAddresses.forString(ip), port);
  }

  private static OriginalDestination how(OriginalDstLbConfig.Builder config) {
    return OriginalDestination.of(config.build(), Duration.ofSeconds(5));
  }

  @Test
  void aConnectionThatWasLedHereGoesWhereItWanted() {
    OriginalDestination how = how(OriginalDstLbConfig.newBuilder());
    info.downstreamLocal = WANTED;
    assertThat(how.find(null, info, counted)).as("it wanted to come here").isNull();
    info.downstreamLocalRestored = true;
    assertThat(how.find(null, info, counted)).isEqualTo(WANTED);
    StreamInfo request = new StreamInfo();
    request.connection = info;
    assertThat(how.find(headers, request, counted)).isEqualTo(WANTED);
    assertThat(
            how(OriginalDstLbConfig.newBuilder().setUpstreamPortOverride(UInt32Value.of(8080)))
                .find(null, info, counted))
        .isEqualTo(address("10.1.1.1", 8080));
  }

  @Test
  void aHeaderMaySayMore() {
    info.downstreamLocal = WANTED;
    info.downstreamLocalRestored = true;
    headers.set("x-envoy-original-dst-host", "[2001:db8::1]:81");
    assertThat(how(OriginalDstLbConfig.newBuilder()).find(headers, info, counted))
        .isEqualTo(WANTED);
    OriginalDestination how = how(OriginalDstLbConfig.newBuilder().setUseHttpHeader(true));
    assertThat(how.find(headers, info, counted)).isEqualTo(address("2001:db8::1", 81));
    for (String wrong : new String[] {"10.0.0.1", "host:80", "10.0.0.1:99999", ""}) {
      headers.set("x-envoy-original-dst-host", wrong);
      assertThat(how.find(headers, info, counted)).as(wrong).isEqualTo(WANTED);
    }
    assertThat(stats.root().counter("original_dst_host_invalid").value()).isEqualTo(4);
  }

  @Test
  void metadataSayTheMost() {
    OriginalDestination how =
        how(
            OriginalDstLbConfig.newBuilder()
                .setUseHttpHeader(true)
                .setMetadataKey(
                    MetadataKey.newBuilder()
                        .setKey("ns")
                        .addPath(MetadataKey.PathSegment.newBuilder().setKey("to"))));
    headers.set("x-envoy-original-dst-host", "10.0.0.1:81");
    assertThat(how.find(headers, info, counted)).isEqualTo(address("10.0.0.1", 81));
    info.addMetadata(
        "ns",
        Struct.newBuilder()
            .putFields("to", Value.newBuilder().setStringValue("10.0.0.2:82").build())
            .build());
    assertThat(how.find(headers, info, counted)).isEqualTo(address("10.0.0.2", 82));
  }

  @Test
  void hostsAreMadeWhereTheyAreNeededAndForgottenAfterAWhile() throws Exception {
    ClusterFixture fixture =
        new ClusterFixture()
            .with(
                Cluster.newBuilder()
                    .setName("o")
                    .setType(Cluster.DiscoveryType.ORIGINAL_DST)
                    .setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED)
                    .build())
            .start();
    WorkerCluster cluster = fixture.get("o");
    assertThat(cluster.chooseHost()).as("wherever that is").isNull();
    LoadBalancerContext there = LoadBalancerContext.NONE.to(WANTED);
    Host host = Objects.requireNonNull(cluster.chooseHost(there));
    assertThat(host.primary()).isEqualTo(WANTED);
    assertThat(host.hostname()).isEqualTo("o10.1.1.1:80");
    ClusterFixture.FakePool pool = ClusterFixture.httpPool(cluster, host);
    fixture.time.run();
    assertThat(fixture.stat("cluster.o.membership_total")).isEqualTo(1);
    assertThat(pool.drained).isFalse();
    assertThat(cluster.chooseHost(there)).isSameAs(host);

    host.stats().cxActive().at(1).inc();
    fixture.time.advance(Duration.ofSeconds(11));
    assertThat(fixture.stat("cluster.o.membership_total")).as("in use").isEqualTo(1);
    host.stats().cxActive().at(1).dec();
    fixture.time.advance(Duration.ofSeconds(11));
    assertThat(fixture.stat("cluster.o.membership_total")).isZero();
    assertThat(pool.drained).isTrue();
  }
}
