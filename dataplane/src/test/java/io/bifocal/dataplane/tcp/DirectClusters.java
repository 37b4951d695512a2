package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.cluster.OneHost;
import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.cluster.WorkerClusters;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.pool.CircuitBreakers;
import io.bifocal.dataplane.pool.PoolFailure;
import io.bifocal.dataplane.pool.Unpooled;
import io.bifocal.dataplane.pool.UpstreamStats;
import io.bifocal.dataplane.stats.StatsStore;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Clusters of one host each, whose "pool" connects without a race; for one worker. */
public final class DirectClusters implements WorkerClusters {
  private final Worker worker;
  private final Transport transport;
  private final StatsStore stats;
  private final Map<String, WorkerCluster> clusters = new ConcurrentHashMap<>();
  public final AtomicInteger acquired = new AtomicInteger();
  public final AtomicInteger discarded = new AtomicInteger();

  /** How many of the next who ask are refused at once. */
  public final AtomicInteger refusals = new AtomicInteger();

  /** Whether those who ask get no answer. */
  public volatile boolean silent;

  /** Who waited for no answer and gave up. */
  public final AtomicInteger gaveUp = new AtomicInteger();

  public final List<Channel> channels = new CopyOnWriteArrayList<>();

  public DirectClusters(Worker worker, Transport transport, StatsStore stats) {
    this.worker = worker;
    this.transport = transport;
    this.stats = stats;
  }

  /** A cluster of one host, or of none. */
  public DirectClusters with(String name, @Nullable SocketAddress address) {
    clusters.put(name, cluster(name, address));
    return this;
  }

  public void without(String name) {
    clusters.remove(name);
  }

  @Override
  public @Nullable WorkerCluster find(String name) {
    worker.loop().assertInLoop();
    return clusters.get(name);
  }

  private WorkerCluster cluster(String name, @Nullable SocketAddress address) {
    Host host =
        address == null
            ? null
            : OneHost.at(Address.of(address), new StatsStore(worker.shard()).root());
    return new OneHost(
        OneHost.named(name, Duration.ofSeconds(5), 1 << 20),
        new UpstreamStats(
            stats.root().tagged("cluster", "envoy.cluster_name", name), worker.shard()),
        CircuitBreakers.defaults(),
        host,
        host == null ? null : new Direct(host));
  }

  private final class Direct extends Unpooled {
    Direct(Host host) {
      super(host);
    }

    @Override
    public Ticket acquire(Waiter waiter) {
      worker.loop().assertInLoop();
      acquired.incrementAndGet();
      if (refusals.get() > 0) {
        refusals.decrementAndGet();
        waiter.onFailure(new PoolFailure(PoolFailure.Reason.LOCAL_CONNECTION_FAILURE, "refused"));
        return () -> {};
      }
      if (silent) {
        return gaveUp::incrementAndGet;
      }
      var connecting =
          new Bootstrap()
              .group(worker.eventLoop())
              .channel(host.primary() instanceof Address.Pipe ? transport.pipe() : transport.tcp())
              .option(ChannelOption.AUTO_READ, false)
              .handler(new ChannelInboundHandlerAdapter())
              .connect(host.primary().socketAddress());
      boolean[] cancelled = new boolean[1];
      connecting.addListener(
          f -> {
            if (cancelled[0]) {
              var unused = connecting.channel().close();
            } else if (f.isSuccess()) {
              channels.add(connecting.channel());
              Runnable discard = () -> discard(connecting.channel());
              waiter.onReady(over(connecting.channel(), discard, discard));
            } else {
              waiter.onFailure(
                  new PoolFailure(
                      PoolFailure.Reason.REMOTE_CONNECTION_FAILURE,
                      "delayed connect error: Connection refused"));
            }
          });
      return () -> cancelled[0] = true;
    }

    private void discard(Channel channel) {
      worker.loop().assertInLoop();
      discarded.incrementAndGet();
      var unused = channel.close();
    }
  }
}
