package io.bifocal.dataplane.http.filter.rbac;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import com.google.protobuf.Any;
import io.bifocal.api.BootstrapReader;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.ListenerContext;
import io.bifocal.dataplane.extension.PassingFilter;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.stream.StreamInfo;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkRbacTest {
  private final StatsStore stats = new StatsStore(1);
  private final Workers workers = Workers.start(1, Transport.NIO);
  private final List<Object> passed = new ArrayList<>();
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final StreamInfo info = new StreamInfo();

  @AfterEach
  void close() {
    workers.close();
    channel.finishAndReleaseAll();
  }

  private void serve(String more, String ip) throws Exception {
    RBAC config =
        new BootstrapReader(false)
            .readYaml(
                "{stat_prefix: net, rules: {policies: {p: {permissions: [{any: true}], principals:"
                    + " [{direct_remote_ip: {address_prefix: 10.0.0.0, prefix_len: 8}}]}}}"
                    + more
                    + "}",
                "test",
                RBAC.getDefaultInstance());
    PassingFilter filter =
        (PassingFilter)
            new NetworkRbacFactory(stats.root())
                .create(
                    Any.pack(config),
                    new ListenerContext(
                        "l", stats.root().scope("listener"), new InitManager("l"), false));
    info.downstreamRemote = new Address.Ip(InetAddresses.forString(ip), 1000);
    info.downstreamLocal = new Address.Ip(InetAddresses.forString("10.0.0.2"), 80);
    Worker worker = workers.get(0);
    filter.onConnection(
        channel, worker, new DownstreamConnection(info, false, 100), this::serveNext);
  }

  private void serveNext() {
    channel
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelRead(ChannelHandlerContext ctx, Object read) {
                passed.add(read);
              }
            });
  }

  private long count(String name) {
    return stats.counters().stream()
        .filter(counter -> counter.name().full().equals(name))
        .mapToLong(counter -> counter.value())
        .sum();
  }

  @ParameterizedTest
  @CsvSource({"'', 1", "', enforcement_type: CONTINUOUS', 2"})
  void whoIsAllowedPasses(String more, long asked) throws Exception {
    serve(more, "10.0.0.1");
    channel.writeInbound("a", "b");
    assertThat(passed).containsExactly("a", "b");
    assertThat(count("net.rbac.allowed")).isEqualTo(asked);
  }

  @ParameterizedTest
  @CsvSource({"''", "', enforcement_type: CONTINUOUS'"})
  void whoIsNotIsClosedAtTheFirstByte(String more) throws Exception {
    serve(more, "11.0.0.1");
    assertThat(channel.isOpen()).isTrue();
    channel.writeInbound("a", "b");
    assertThat(passed).isEmpty();
    assertThat(channel.isOpen()).isFalse();
    assertThat(count("net.rbac.denied")).isEqualTo(1);
    assertThat(info.connectionTerminationDetails)
        .isEqualTo("rbac_access_denied_matched_policy[none]");
  }
}
