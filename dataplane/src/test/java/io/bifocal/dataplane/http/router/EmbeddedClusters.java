package io.bifocal.dataplane.http.router;

import static java.util.Objects.requireNonNull;

import com.google.common.net.InetAddresses;
import io.bifocal.dataplane.cluster.OneHost;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.Unpooled;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.stats.StatsStore;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Clusters of one host each, to which there is always a connection, in memory. */
final class EmbeddedClusters implements WorkerClusters {
  private final Scope stats = new StatsStore(1).root();
  private final Map<String, WorkerCluster> clusters = new HashMap<>();
  private final Map<String, InMemory> pools = new HashMap<>();

  EmbeddedClusters with(String name) {
    Address address = new Address.Ip(InetAddresses.forString("10.0.0.1"), 80);
    Host host = OneHost.at(address, scope(name).scope("host"));
    InMemory pool = new InMemory(host);
    pools.put(name, pool);
    clusters.put(
        name,
        new OneHost(
            OneHost.named(name, Duration.ofSeconds(1), 1000),
            new UpstreamStats(scope(name), 0),
            CircuitBreakers.defaults(),
            host,
            pool));
    return this;
  }

  private Scope scope(String name) {
    return stats.tagged("cluster", "envoy.cluster_name", name);
  }

  @Override
  public @Nullable WorkerCluster find(String name) {
    return clusters.get(name);
  }

  /** The connections that were asked for, in order. */
  List<EmbeddedChannel> connections(String name) {
    return requireNonNull(pools.get(name), name).channels;
  }

  /** What came over the last connection since this was asked last. */
  String heard(String name) {
    List<EmbeddedChannel> channels = connections(name);
    StringBuilder heard = new StringBuilder();
    for (ByteBuf sent = channels.get(channels.size() - 1).readOutbound();
        sent != null;
        sent = channels.get(channels.size() - 1).readOutbound()) {
      heard.append(sent.toString(StandardCharsets.ISO_8859_1));
      sent.release();
    }
    return heard.toString();
  }

  /** Closes every connection, and frees what was not heard. */
  void close() {
    for (InMemory pool : pools.values()) {
      pool.channels.forEach(EmbeddedChannel::finishAndReleaseAll);
    }
  }

  long counted(String name, String counter) {
    return scope(name).counter(counter).value();
  }

  private static final class InMemory extends Unpooled {
    final List<EmbeddedChannel> channels = new ArrayList<>();

    InMemory(Host host) {
      super(host);
    }

    @Override
    public Ticket acquire(Waiter waiter) {
      EmbeddedChannel channel = new EmbeddedChannel();
      channels.add(channel);
      waiter.onReady(
          over(
              channel,
              () -> {},
              () -> {
                var unused = channel.close();
              }));
      return () -> {};
    }
  }
}
