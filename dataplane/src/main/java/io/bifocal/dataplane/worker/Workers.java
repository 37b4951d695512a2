package io.bifocal.dataplane.worker;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** All workers of a proxy, started together and stopped together. */
public final class Workers implements Iterable<Worker>, AutoCloseable {
  private final EventLoopGroup group;
  private final Transport transport;
  private final List<Worker> workers;

  private Workers(EventLoopGroup group, Transport transport, List<Worker> workers) {
    this.group = group;
    this.transport = transport;
    this.workers = workers;
  }

  public static Workers start(int concurrency, Transport transport) {
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            concurrency, new DefaultThreadFactory("bifocal-worker", true), transport.ioHandlers());
    List<Worker> workers = new ArrayList<>();
    for (int i = 0; i < concurrency; i++) {
      EventLoop loop = group.next();
      workers.add(new Worker(i + 1, loop));
    }
    return new Workers(group, transport, List.copyOf(workers));
  }

  public Transport transport() {
    return transport;
  }

  public int size() {
    return workers.size();
  }

  public Worker get(int index) {
    return workers.get(index);
  }

  /** Runs {@code task} once on each worker's loop, later. */
  public void each(Consumer<Worker> task) {
    workers.forEach(w -> w.loop().execute(() -> task.accept(w)));
  }

  @Override
  public Iterator<Worker> iterator() {
    return workers.iterator();
  }

  /** Stops the loops and waits for their threads; what they still hold should be closed before. */
  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
  }
}
