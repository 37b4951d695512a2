package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.connect.AttemptEvent.Cause;
import io.bifocal.dataplane.connect.AttemptEvent.Started;
import io.bifocal.dataplane.connect.RaceOutcome.Won;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.dataplane.worker.Workers;
import io.bifocal.xds.time.Loop;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Races by the thousand on one worker, over real sockets: how punctual attempts are and when the
 * winner is there at a steady rate, what a burst costs, and whether a long run leaves anything
 * behind. {@code scripts/bench load} runs it on a core of its own.
 */
public final class RaceLoad {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration FAST = ConnectSettings.MIN_ATTEMPT_DELAY;
  private static final int WARM_UP = 200;
  private static final int BACKLOG = 4096;
  private static final int LONG_RUN_WIDTH = 64;

  private final com.sun.management.UnixOperatingSystemMXBean system =
      (com.sun.management.UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private final Worker worker;
  private final RaceRunner runner;
  private final List<Address> silentFirst;
  private final List<Address> goodFirst;

  private RaceLoad(Worker worker, Address silent, Address good) {
    this.worker = worker;
    this.runner = RaceRunner.on(worker, Transport.best(), RaceListener.NONE);
    this.silentFirst = List.of(silent, good);
    this.goodFirst = List.of(good, silent);
  }

  /**
   * Runs all three.
   *
   * @param args the rate in races a second, for how many seconds, the size of the burst, and the
   *     length of the long run
   */
  public static void main(String[] args) throws Exception {
    int rate = Integer.parseInt(args[0]);
    int seconds = Integer.parseInt(args[1]);
    int burst = Integer.parseInt(args[2]);
    int longRun = Integer.parseInt(args[3]);
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    try (Workers workers = Workers.start(1, Transport.best());
        SilentServer silent = new SilentServer(loopback);
        Workers peer = Workers.start(1, Transport.best())) {
      RaceLoad load = new RaceLoad(workers.get(0), silent.address(), acceptor(peer, loopback));
      load.steadily(WARM_UP, WARM_UP, true);
      load.steadily(rate, rate * seconds, false);
      load.atOnce(burst);
      load.atOnce(burst);
      load.forLong(longRun);
    }
  }

  /** Accepts, and holds what it has accepted until the other side goes. */
  private static Address acceptor(Workers peer, InetAddress ip) {
    Channel listening =
        new ServerBootstrap()
            .group(peer.get(0).eventLoop())
            .channel(peer.transport().tcpServer())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childHandler(new Holding())
            .bind(new InetSocketAddress(ip, 0))
            .syncUninterruptibly()
            .channel();
    return Address.of(listening.localAddress());
  }

  @Sharable
  private static final class Holding extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var unused = ctx.close(); // reset by the client, as is its way
    }
  }

  // ---- at a steady rate, half of the first addresses silent

  private void steadily(int rate, int races, boolean warmUp) throws Exception {
    Duration stagger = ConnectRace.DEFAULT_STAGGER;
    Samples winners = new Samples(races / 2);
    Samples starts = new Samples(races / 2);
    CountDownLatch done = new CountDownLatch(races);
    Loop loop = worker.loop();
    long interval = Duration.ofSeconds(1).toNanos() / rate;
    loop.execute(
        () -> {
          long zero = loop.nanoTime();
          for (int i = 0; i < races; i++) {
            boolean silent = i % 2 == 0;
            Duration due = Duration.ofNanos(zero + i * interval - loop.nanoTime());
            var unused =
                loop.schedule(
                    due.isNegative() ? Duration.ZERO : due,
                    () ->
                        race(
                            silent ? silentFirst : goodFirst,
                            stagger,
                            outcome -> {
                              long end = end(outcome);
                              if (silent) {
                                winners.add(end - stagger.toNanos());
                                starts.add(lateness(outcome, stagger));
                              }
                              done.countDown();
                            }));
          }
        });
    done.await();
    if (!warmUp) {
      System.out.printf(
          "steady   %d races a second for %d s, half of the first addresses silent%n",
          rate, races / rate);
      System.out.printf("         second attempt after it was due    %s%n", starts);
      System.out.printf("         winner after the stagger           %s%n", winners);
    }
  }

  private static long lateness(RaceOutcome outcome, Duration stagger) {
    for (AttemptEvent event : outcome.attempts()) {
      if (event instanceof Started started && started.cause() == Cause.STAGGER) {
        return started.atNanos() - stagger.toNanos();
      }
    }
    throw new IllegalStateException("no second attempt: " + outcome.attempts());
  }

  private static long end(RaceOutcome outcome) {
    if (!(outcome instanceof Won)) {
      System.err.println("not won: " + outcome);
      System.exit(1);
    }
    return outcome.attempts().get(outcome.attempts().size() - 1).atNanos();
  }

  // ---- all at once

  private void atOnce(int races) throws Exception {
    CountDownLatch done = new CountDownLatch(races);
    Samples winners = new Samples(races);
    long cpu = system.getProcessCpuTime();
    worker
        .loop()
        .execute(
            () -> {
              for (int i = 0; i < races; i++) {
                race(
                    silentFirst,
                    ConnectRace.DEFAULT_STAGGER,
                    outcome -> {
                      winners.add(end(outcome) - ConnectRace.DEFAULT_STAGGER.toNanos());
                      done.countDown();
                    });
              }
            });
    done.await();
    System.out.printf(
        "burst    %d races at once, all of the first addresses silent: %.1f us CPU a race%n",
        races, (system.getProcessCpuTime() - cpu) / 1e3 / races);
    System.out.printf("         winner after the stagger           %s%n", winners);
  }

  // ---- for long

  private void forLong(int races) throws Exception {
    long descriptors = system.getOpenFileDescriptorCount();
    long heapBefore = 0;
    long cpu = 0;
    int parts = 4;
    for (int part = 1; part <= parts; part++) {
      cpu -= system.getProcessCpuTime();
      many(races / parts);
      cpu += system.getProcessCpuTime();
      long heap = heapAfterCollection();
      heapBefore = part == 1 ? heap : heapBefore;
      System.out.printf(
          "long     %d races: heap %.1f MiB, %d descriptors (%d before)%n",
          part * (races / parts),
          heap / 1048576.0,
          system.getOpenFileDescriptorCount(),
          descriptors);
    }
    System.out.printf(
        "         %.1f us CPU a race with its connection; heap grew by %.2f MiB after the first part%n",
        cpu / 1e3 / races, (heapAfterCollection() - heapBefore) / 1048576.0);
  }

  private void many(int races) throws Exception {
    CountDownLatch done = new CountDownLatch(LONG_RUN_WIDTH);
    worker
        .loop()
        .execute(
            () -> {
              for (int i = 0; i < LONG_RUN_WIDTH; i++) {
                again(races / LONG_RUN_WIDTH, done);
              }
            });
    done.await();
  }

  // One in sixteen has a silent first address: the others would only wait for their timers.
  private void again(int left, CountDownLatch done) {
    if (left == 0) {
      done.countDown();
      return;
    }
    race(
        left % 16 == 0 ? silentFirst : goodFirst,
        FAST,
        outcome -> {
          end(outcome);
          again(left - 1, done);
        });
  }

  private static long heapAfterCollection() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  // ----

  private void race(List<Address> addresses, Duration stagger, RaceOutcome.Receiver receiver) {
    var unused =
        runner.run(
            RacePlan.of("load", addresses, stagger, CONNECT_TIMEOUT),
            outcome -> {
              if (outcome instanceof Won won) {
                close(won.channel());
              }
              receiver.onOutcome(outcome);
            });
  }

  private static void close(Channel channel) {
    // With a reset: neither end keeps a port, which a million races would run out of.
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    var unused = channel.close();
  }

  /** Times of the same kind, in nanoseconds; written on one loop, read when it is done. */
  private static final class Samples {
    private final long[] values;
    private int count;

    Samples(int capacity) {
      values = new long[capacity];
    }

    void add(long value) {
      values[count++] = value;
    }

    private double at(double quantile) {
      return values[Math.min(count - 1, (int) (quantile * count))] / 1e6;
    }

    @Override
    public String toString() {
      Arrays.sort(values, 0, count);
      return "p50 %.2f ms, p99 %.2f ms, max %.2f ms of %d"
          .formatted(at(0.5), at(0.99), at(1), count);
    }
  }
}
