package io.bifocal.dataplane.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.connect.ScriptedNetwork.Dialled;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.AddressList;
import io.bifocal.dataplane.host.AddressList.Completeness;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.PoolFailure.Reason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pools of which the configuration says where connections come from, or whom they go to. */
class BoundAndProxiedPoolTest {
  private static final Address.Ip LOCAL_V4 = new Address.Ip(InetAddresses.forString("10.0.0.9"), 0);
  private static final Address PROXY = new Address.Ip(InetAddresses.forString("10.0.0.5"), 3128);

  private final PoolBench bench = new PoolBench(CircuitBreakers.defaults());

  @Test
  void anAttemptThatCannotBeBoundIsCountedAndCostsNothing() {
    bench.from(LOCAL_V4);
    assertThat(bench.served().ready().remoteAddress()).isEqualTo(bench.second);
    assertThat(bench.counters())
        .containsEntry("bind_errors", 1L)
        .containsEntry("upstream_cx_total", 2L)
        .doesNotContainKey("upstream_cx_connect_fail");
  }

  @Test
  void whereNothingCanBeBoundTheFailureIsOurs() {
    bench.from(new Address.Ip(InetAddresses.forString("2001:db8::9"), 0));
    bench.pool.update(bench.hostAt(bench.second, bench.second));
    PoolBench.Asker asker = bench.ask();
    bench.time.run();
    assertThat(asker.failure().reason()).isEqualTo(Reason.LOCAL_CONNECTION_FAILURE);
    assertThat(asker.failure().detail())
        .isEqualTo("failed to bind to [2001:db8::9]:0: Address family not supported by protocol");
    assertThat(bench.counters())
        .containsEntry("bind_errors", 2L)
        .containsEntry("upstream_cx_total", 2L)
        .containsEntry("upstream_cx_connect_fail", 1L)
        .containsEntry("upstream_cx_destroy_local", 1L);
    bench.closeAndCheckNothingIsLeft();
  }

  @Test
  void throughAProxyThereIsNoRace() {
    bench.pool.update(proxied(bench.host));
    bench.network.silent(PROXY);
    bench.ask();
    bench.time.advance(PoolBench.CONNECT_TIMEOUT);
    assertThat(bench.network.dialled()).containsExactly(new Dialled(PROXY, null, 0));
    bench.network.connects(PROXY, Duration.ZERO);
    UpstreamConnection connection = bench.served().ready();
    assertThat(connection.remoteAddress()).isEqualTo(PROXY);
    assertThat(connection.host().primary()).isEqualTo(bench.first);
  }

  @Test
  void lateAddressesDoNotJoinAConnectionToAProxy() {
    Host incomplete =
        new Host(
            bench.state,
            new AddressList(List.of(bench.first), List.of(bench.first), Completeness.MORE_TO_COME),
            bench.host.hostname(),
            bench.host.locality(),
            bench.host.priority(),
            bench.host.weight(),
            bench.host.edsHealth(),
            bench.host.metadata());
    bench.pool.update(proxied(incomplete));
    bench.network.silent(PROXY);
    bench.ask();
    bench.pool.update(proxied(bench.host));
    bench.time.advance(PoolBench.CONNECT_TIMEOUT);
    assertThat(bench.network.dialled()).extracting(Dialled::address).containsExactly(PROXY);
  }

  private static Host proxied(Host host) {
    return new Host(
        host.state(),
        host.addresses(),
        host.hostname(),
        host.locality(),
        host.priority(),
        host.weight(),
        host.edsHealth(),
        host.metadata(),
        host.localityMetadata(),
        host.healthCheck(),
        PROXY);
  }
}
