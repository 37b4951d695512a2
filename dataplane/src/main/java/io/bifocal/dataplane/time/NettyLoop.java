package io.bifocal.dataplane.time;

import io.bifocal.xds.time.Loop;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** A Netty event loop as a {@link Loop}. */
public final class NettyLoop implements Loop {
  private final EventLoop eventLoop;

  public NettyLoop(EventLoop eventLoop) {
    this.eventLoop = eventLoop;
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Instant wallTime() {
    return Instant.now();
  }

  @Override
  public boolean inLoop() {
    return eventLoop.inEventLoop();
  }

  @Override
  public void execute(Runnable task) {
    eventLoop.execute(task);
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    Future<?> pending = eventLoop.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    return () -> pending.cancel(false);
  }

  @Override
  public String toString() {
    return "worker loop " + eventLoop;
  }
}
