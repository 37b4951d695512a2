package io.bifocal.dataplane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.TextFormat;
import io.bifocal.dataplane.connect.ConnectSettings;
import io.bifocal.dataplane.connect.Keepalive;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.dns.ResolverConfig;
import io.bifocal.dataplane.grid.AlternateProtocolsCaches;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.runtime.RuntimeReader;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.transport.TransportSockets;
import io.bifocal.xds.time.VirtualTime;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.BindConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SocketSettingsReaderTest {
  private static final String V4 = "source_address { address: '10.0.0.9' port_value: 7 } ";
  private static final String V6 = "{ address: '2001:db8::9' port_value: 0 } ";

  @Test
  void withoutAnythingTheSystemDecides() throws Exception {
    assertThat(read("", "")).isEqualTo(SocketSettings.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource({"extra_source_addresses { address %s }", "additional_source_addresses %s"})
  void bothWaysToNameASecondAddressAreOne(String second) throws Exception {
    assertThat(local("upstream_bind_config { " + V4 + second.formatted(V6) + "}", ""))
        .containsExactly("10.0.0.9:7", "[2001:db8::9]:0");
  }

  @Test
  void aClustersOwnStandsInThePlaceOfTheBootstraps() throws Exception {
    assertThat(local("", V4)).containsExactly("10.0.0.9:7");
    assertThat(local("upstream_bind_config { source_address " + V6 + "}", V4))
        .containsExactly("[2001:db8::9]:0");
    assertThat(local("upstream_bind_config { }", V4)).isEmpty();
  }

  @Test
  void freebindMaySayNo() throws Exception {
    assertThat(local("upstream_bind_config { freebind { } " + V4 + "}", "")).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "                                  | 0  0  0",
        "keepalive_time { value: 10 }      | 0 10  0",
        "keepalive_probes { value: 127 } keepalive_interval { value: 32767 } | 127 0 32767",
      })
  void whatIsSaidOfProbesIsObeyed(String fields, String expected) throws Exception {
    List<Integer> n = List.of(expected.trim().split(" +")).stream().map(Integer::valueOf).toList();
    assertThat(keepalive(fields == null ? "" : fields).keepalive())
        .contains(new Keepalive(n.get(0), n.get(1), n.get(2)));
  }

  @ParameterizedTest
  @CsvSource({"keepalive_time { }", "keepalive_probes { }", "keepalive_interval { }"})
  void aZeroMeansNoProbes(String field) throws Exception {
    assertThat(keepalive(field).keepalive()).isEmpty();
  }

  private static SocketSettings keepalive(String fields) throws Exception {
    return read("upstream_connection_options { tcp_keepalive { " + fields + " } }", "");
  }

  private static List<String> local(String cluster, String bootstrap) throws Exception {
    return read(cluster, bootstrap).local().configured().stream().map(Address.Ip::text).toList();
  }

  private static SocketSettings read(String cluster, String bootstrap) throws Exception {
    ClusterDefaults defaults =
        new ClusterDefaults(
            () -> ConnectSettings.DEFAULT,
            TextFormat.parse(bootstrap, BindConfig.class),
            ResolverConfig.DEFAULT,
            RuntimeReader.NONE);
    return new ClusterReader(
            defaults,
            new TransportSockets(),
            new AlternateProtocolsCaches(new VirtualTime(), new StatsStore(1).root()))
        .read(TextFormat.parse("name: 'a' " + cluster, Cluster.class))
        .sockets();
  }
}
