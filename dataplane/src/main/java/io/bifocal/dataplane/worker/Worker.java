package io.bifocal.dataplane.worker;

import io.bifocal.dataplane.time.NettyLoop;
import io.bifocal.xds.time.Loop;
import io.netty.channel.EventLoop;

/**
 * One worker: an event loop and the number of its shard.
 *
 * @param shard which cell of every statistic is its own; from 1
 */
public record Worker(int shard, EventLoop eventLoop, Loop loop) {
  public Worker(int shard, EventLoop eventLoop) {
    this(shard, eventLoop, new NettyLoop(eventLoop));
  }
}
