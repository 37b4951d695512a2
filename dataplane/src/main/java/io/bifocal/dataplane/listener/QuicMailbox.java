package io.bifocal.dataplane.listener;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramPacket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Datagrams for a worker that came in at other workers' sockets. */
final class QuicMailbox {
  /** So many wait at most; who sends more sends them again, as if the network had lost them. */
  static final int MOST = 1024;

  private final EventLoop loop;
  private final Consumer<DatagramPacket> reader;
  private final Runnable read;
  private final Queue<DatagramPacket> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();

  /**
   * For a worker's loop.
   *
   * @param reader takes one after the other there
   * @param read is told when there is none for now
   */
  QuicMailbox(EventLoop loop, Consumer<DatagramPacket> reader, Runnable read) {
    this.loop = loop;
    this.reader = reader;
    this.read = read;
  }

  /** Hands one over, from any thread; false when there is no room for it. */
  boolean put(DatagramPacket packet) {
    int before = size.getAndIncrement();
    if (before >= MOST) {
      size.getAndDecrement();
      return false;
    }
    waiting.add(packet);
    if (before == 0) {
      loop.execute(this::drain);
    }
    return true;
  }

  private void drain() {
    int taken = 0;
    for (DatagramPacket next = waiting.poll();
        next != null && taken < MOST;
        next = taken < MOST ? waiting.poll() : null) {
      taken++;
      reader.accept(next);
    }
    read.run();
    if (size.addAndGet(-taken) > 0) {
      loop.execute(this::drain);
    }
  }
}
