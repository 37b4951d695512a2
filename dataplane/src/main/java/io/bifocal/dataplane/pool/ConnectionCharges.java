package io.bifocal.dataplane.pool;

import io.bifocal.dataplane.host.Host;
import io.bifocal.dataplane.stats.Cell;
import io.bifocal.dataplane.transport.ApplicationProtocol;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import java.util.concurrent.TimeUnit;

/** What is counted of one connection, for its cluster and its host. */
final class ConnectionCharges {
  private final RacingPool.Use use;
  private final Loop loop;
  private final PoolSettings settings;
  private final UpstreamStats stats;
  private final Host host;
  private final Cell hostCxActive;
  private final long madeAt;

  /** It is about to be made. */
  ConnectionCharges(
      RacingPool.Use use, Loop loop, PoolSettings settings, UpstreamStats stats, Host host) {
    this.use = use;
    this.loop = loop;
    this.settings = settings;
    this.stats = stats;
    this.host = host;
    this.hostCxActive = host.stats().cxActive().at(stats.shard);
    this.madeAt = loop.nanoTime();
    attempt();
    stats.cxActive.inc();
    hostCxActive.inc();
    if (use == RacingPool.Use.AGAIN) {
      stats.cxHttp1Total.inc();
    } else if (use == RacingPool.Use.SHARED) {
      boolean http3 = settings.protocol() == ApplicationProtocol.HTTP_3;
      (http3 ? stats.cxHttp3Total : stats.cxHttp2Total).inc();
    }
  }

  /** As by Envoy: once for the connection, and once more for every attempt after the first. */
  void attempt() {
    stats.cxTotal.inc();
    host.stats().cxTotal().at(stats.shard).inc();
  }

  /** It is up. */
  void connected(Channel channel) {
    stats.cxConnectMs.record(stats.shard, sinceMade());
    if (use == RacingPool.Use.AS_AGREED) {
      boolean http2 = settings.protocol().isHttp2(channel);
      (http2 ? stats.cxHttp2Total : stats.cxHttp1Total).inc();
    }
  }

  /** It will never be. */
  void failed() {
    stats.cxConnectFail.inc();
    host.stats().cxConnectFail().at(stats.shard).inc();
  }

  /** A use begins. What is sent on an HTTP connection is counted by the router. */
  void lent() {
    if (use == RacingPool.Use.ONCE) {
      stats.rqTotal.inc();
      stats.rqActive.inc();
      host.stats().rqTotal().at(stats.shard).inc();
      host.stats().rqActive().at(stats.shard).inc();
    }
  }

  /** The last of the uses under way has ended. */
  void givenBack() {
    if (use == RacingPool.Use.ONCE) {
      stats.rqActive.dec();
      host.stats().rqActive().at(stats.shard).dec();
      settings.breakers().requests().release();
    }
  }

  /**
   * It is gone, or will never be there.
   *
   * @param uses it has had
   * @param inUse whether one of them was under way
   */
  void ended(boolean byPeer, int uses, boolean inUse) {
    stats.cxActive.dec();
    hostCxActive.dec();
    stats.cxLengthMs.record(stats.shard, sinceMade());
    stats.cxDestroy.inc();
    (byPeer ? stats.cxDestroyRemote : stats.cxDestroyLocal).inc();
    if (use != RacingPool.Use.ONCE && uses > 0) {
      stats.rqPerCx.record(stats.shard, uses);
    }
    if (inUse) {
      givenBack();
      stats.cxDestroyWithActiveRq.inc();
      (byPeer ? stats.cxDestroyRemoteWithActiveRq : stats.cxDestroyLocalWithActiveRq).inc();
    }
  }

  private long sinceMade() {
    return TimeUnit.NANOSECONDS.toMillis(loop.nanoTime() - madeAt);
  }
}
