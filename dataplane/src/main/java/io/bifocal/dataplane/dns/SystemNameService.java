package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.stats.Scope;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.xds.time.Loop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Resolvers over real sockets, on an event loop of their own, and over the system's, on a few
 * threads of their own; both begin with the first question. Confined to the control loop.
 */
public final class SystemNameService implements NameService, AutoCloseable {
  private static final int MOST_LOOKUPS = 256;
  private static final int THREADS = 4;
  private static final int IDLE_SECONDS = 30;

  private final ResolverConfig defaults;
  private final Loop control;
  private final Transport transport;
  private final Machine machine;
  private final ResolverStats stats;
  private final Admission admission;
  private final SourceAddresses sources = new SystemSources();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          new DefaultThreadFactory("bifocal-getaddrinfo", true));
  private @Nullable EventLoopGroup sockets;
  private @Nullable Exchanges exchanges;
  private @Nullable Resolver shared;

  /**
   * @param defaults what holds for clusters that say nothing of it
   * @param root where {@code dns.cares} is
   */
  public SystemNameService(Loop control, Transport transport, Scope root, ResolverConfig defaults) {
    this.defaults = defaults;
    this.control = control;
    this.transport = transport;
    this.machine = new ThisMachine(control);
    this.stats = new ResolverStats(root);
    this.admission = new Admission(MOST_LOOKUPS, stats);
    threads.allowCoreThreadTimeOut(true);
  }

  /** A resolver; whoever is content with the defaults shares one, and what it learns of servers. */
  @Override
  public Resolver resolver(ResolverConfig config) {
    control.assertInLoop();
    if (!config.equals(defaults)) {
      return make(config);
    }
    if (shared == null) {
      shared = make(config);
    }
    return shared;
  }

  private Resolver make(ResolverConfig config) {
    return config instanceof ResolverConfig.Client client
        ? new DnsClient(
            client,
            control,
            machine,
            this::ask,
            admission,
            stats,
            () -> ThreadLocalRandom.current().nextDouble())
        : new SystemResolver(
            ((ResolverConfig.GetAddrInfo) config).retries(),
            control,
            threads,
            InetAddress::getAllByName);
  }

  // Threads and sockets begin with the first question: a configuration that is only checked has
  // none.
  private Exchanges.Exchange ask(
      Address.Ip server,
      Question question,
      Exchanges.Carrier carrier,
      Consumer<Exchanges.Reply> reply) {
    if (exchanges == null) {
      sockets =
          new MultiThreadIoEventLoopGroup(
              1, new DefaultThreadFactory("bifocal-dns", true), transport.ioHandlers());
      exchanges = new NettyExchanges(control, sockets.next(), transport);
    }
    return exchanges.ask(server, question, carrier, reply);
  }

  @Override
  public SourceAddresses sources() {
    return sources;
  }

  /** Ends threads and sockets; questions that are open stay without an answer. */
  @Override
  public void close() {
    threads.shutdownNow();
    if (sockets != null) {
      sockets.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }
}
