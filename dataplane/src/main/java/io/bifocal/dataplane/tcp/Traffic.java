package io.bifocal.dataplane.tcp;

import io.bifocal.dataplane.cluster.WorkerCluster;
import io.bifocal.dataplane.stream.CloseType;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.StreamInfo;

/** What is counted and told of the bytes that pass through one session, both ways. */
final class Traffic {
  private final TcpSession session;
  private final SessionTimers timers;
  private final StreamInfo info;
  private final TcpStats stats;

  Traffic(TcpSession session, SessionTimers timers, StreamInfo info, TcpStats stats) {
    this.session = session;
    this.timers = timers;
    this.info = info;
    this.stats = stats;
  }

  /** Hears of the client's end. */
  final class FromDownstream implements Relay.Observer {
    @Override
    public void onRead(int bytes) {
      long now = timers.touch();
      stats.rxBytes.add(bytes);
      info.bytesReceived += bytes;
      info.lastDownstreamRxNanos = now;
    }

    @Override
    public void onPassed(int bytes) {
      long now = timers.lastActivity();
      if (info.firstUpstreamTxNanos < 0) {
        info.firstUpstreamTxNanos = now;
      }
      info.lastUpstreamTxNanos = now;
    }

    @Override
    public void onReading(boolean on) {
      timers.touch();
      (on ? stats.rxResumed : stats.rxPaused).inc();
    }

    @Override
    public void onFinished() {
      session.onDownstreamFinished();
    }

    @Override
    public void onBroken() {
      info.downstreamClose = CloseType.REMOTE_RESET;
    }
  }

  /** Hears of the upstream's end. */
  final class FromUpstream implements Relay.Observer {
    @Override
    public void onRead(int bytes) {
      long now = timers.touch();
      if (info.firstUpstreamRxNanos < 0) {
        info.firstUpstreamRxNanos = now;
      }
      info.lastUpstreamRxNanos = now;
    }

    @Override
    public void onPassed(int bytes) {
      stats.txBytes.add(bytes);
      info.bytesSent += bytes;
      if (info.firstDownstreamTxNanos < 0) {
        info.firstDownstreamTxNanos = timers.lastActivity();
      }
    }

    @Override
    public void onReading(boolean on) {
      timers.touch();
      WorkerCluster cluster = session.cluster();
      if (cluster != null) {
        (on ? cluster.stats().cxReadingResumed : cluster.stats().cxReadingPaused).inc();
      }
    }

    @Override
    public void onFinished() {
      session.onUpstreamFinished();
    }

    @Override
    public void onBroken() {
      info.flag(ResponseFlag.UPSTREAM_REMOTE_RESET);
      info.upstreamClose = CloseType.REMOTE_RESET;
      info.downstreamClose = CloseType.LOCAL_RESET;
    }
  }
}
