package io.bifocal.dataplane.http.filter.rbac;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.PassingFilter;
import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;

/**
 * Connections that must be allowed: at their first byte, or at each read again.
 *
 * @param delay how long those that are denied are kept before they are closed
 */
record NetworkRbac(
    RbacSettings settings, RbacStats stats, RbacReport report, boolean always, Duration delay)
    implements PassingFilter {
  @Override
  public void onConnection(
      Channel downstream, Worker worker, DownstreamConnection connection, Runnable next) {
    downstream.pipeline().addLast(new Guard(worker, connection));
    next.run();
  }

  /** Stands before the filters that follow. */
  private final class Guard extends ChannelInboundHandlerAdapter {
    private final Worker worker;
    private final DownstreamConnection connection;
    private boolean denied;

    Guard(Worker worker, DownstreamConnection connection) {
      this.worker = worker;
      this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object read) {
      if (denied) {
        ReferenceCountUtil.release(read);
        return;
      }
      if (!allows()) {
        denied = true;
        ReferenceCountUtil.release(read);
        close(ctx.channel());
        return;
      }
      ctx.fireChannelRead(read);
      if (!always && !ctx.isRemoved()) {
        ctx.pipeline().remove(this);
      }
    }

    private boolean allows() {
      Subject subject = Subject.of(connection);
      Engine shadow = settings.shadow();
      if (shadow != null) {
        Engine.Decision decision = shadow.decide(subject);
        stats.inTheShadow(decision, worker.shard(), false);
        report.inTheShadow(decision, connection.stream());
      }
      Engine rules = settings.rules();
      if (rules == null) {
        return true;
      }
      Engine.Decision decision = rules.decide(subject);
      stats.enforced(decision, worker.shard(), false);
      report.enforced(decision, connection.stream());
      if (!decision.allowed()) {
        connection.stream().connectionTerminationDetails = RbacReport.details(decision);
      }
      return decision.allowed();
    }

    private static void closeNow(Channel channel) {
      var unused = channel.close();
    }

    private void close(Channel channel) {
      if (delay.isZero()) {
        closeNow(channel);
      } else {
        var unused = worker.loop().schedule(delay, () -> closeNow(channel));
      }
    }
  }
}
