package io.bifocal.dataplane.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import io.bifocal.api.BootstrapReader;
import io.bifocal.dataplane.balance.LoadBalancerContext;
import io.bifocal.dataplane.hash.XxHash64;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stream.StreamInfo;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TcpProxyConfigTest {
  private final StreamInfo client = new StreamInfo();

  TcpProxyConfigTest() {
    client.downstreamRemote = new Address.Ip(InetAddresses.forString("10.0.0.1"), 1000);
  }

  private static TcpProxyConfig config(String fields) throws Exception {
    return TcpProxyConfig.parse(
        Any.pack(
            new BootstrapReader(false)
                .readYaml(
                    "{stat_prefix: t, cluster: c" + fields + "}",
                    "test",
                    TcpProxy.getDefaultInstance())));
  }

  @Test
  void hostsAreChosenByTheClientsAddressWithoutItsPort() throws Exception {
    assertThat(config(", hash_policy: [{source_ip: {}}]").balancing(client))
        .isEqualTo(LoadBalancerContext.of(XxHash64.hash("10.0.0.1")));
    assertThat(config("").balancing(client)).isEqualTo(LoadBalancerContext.NONE);
  }

  @Test
  void hostsAreChosenByWhatFiltersKeep() throws Exception {
    TcpProxyConfig config = config(", hash_policy: [{filter_state: {key: k}}]");
    assertThat(config.balancing(client)).isEqualTo(LoadBalancerContext.NONE);
    client.filterState = Map.of("k", "v");
    assertThat(config.balancing(client)).isEqualTo(LoadBalancerContext.of(XxHash64.hash("v")));
  }
}
