package io.bifocal.dataplane.admin;

import io.bifocal.api.ConfigException;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.logging.LogLevels;
import io.bifocal.dataplane.time.NettyLoop;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.xds.time.Loop;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The admin interface over HTTP/1.1, on a thread of its own. Everything is bounded: connections
 * (256; {@code listener.admin.downstream_cx_overflow} counts those that were closed at once), the
 * head of a request (60 KiB) and its body (1 MiB), idle time (5 minutes); answers go out as the
 * client reads.
 */
public final class AdminServer implements AutoCloseable {
  private static final int MAX_CONNECTIONS = 256;
  private static final int MAX_HEAD = 60 << 10;
  private static final int MAX_BODY = 1 << 20;
  private static final int IDLE_SECONDS = 300;
  private static final Duration HISTOGRAM_INTERVAL = Duration.ofSeconds(5);

  private final EventLoopGroup group;

  /** Pages that are printed whole: a probe of {@code /ready} must not wait for one. */
  private final ThreadPoolExecutor printer =
      new ThreadPoolExecutor(
          1,
          1,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          new DefaultThreadFactory("bifocal-admin-printer", true));

  private final Loop loop;
  private final ProxyView view;
  private final Endpoints endpoints;
  private final ChannelGroup connections;
  private final AdminStats stats;
  private final Channel listening;

  private AdminServer(SocketAddress address, ProxyView view, LogLevels levels)
      throws ConfigException {
    this.view = view;
    Transport transport = Transport.best();
    group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("bifocal-admin", true), transport.ioHandlers());
    EventLoop eventLoop = group.next();
    loop = new NettyLoop(eventLoop);
    printer.allowCoreThreadTimeOut(true);
    endpoints = new Endpoints(view, printer, levels);
    connections = new DefaultChannelGroup(eventLoop);
    stats = new AdminStats(view.stats().root(), view.controlLoop());
    listening = bind(address, transport);
    loop.execute(this::awaitInterval);
  }

  /**
   * Binds and answers from now on.
   *
   * @param address an IP address (port 0 for any) or a Unix domain socket's
   * @throws ConfigException when the address cannot be bound
   */
  public static AdminServer start(SocketAddress address, ProxyView view) throws ConfigException {
    return new AdminServer(address, view, LogLevels.find());
  }

  static AdminServer start(SocketAddress address, ProxyView view, LogLevels levels)
      throws ConfigException {
    return new AdminServer(address, view, levels);
  }

  private Channel bind(SocketAddress address, Transport transport) throws ConfigException {
    boolean pipe = address instanceof DomainSocketAddress;
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(pipe ? transport.pipeServer() : transport.tcpServer())
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                });
    if (!pipe) {
      bootstrap.option(ChannelOption.SO_REUSEADDR, true);
    }
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      stop();
      throw new ConfigException(
          "cannot bind '%s': %s".formatted(address, bound.cause().getMessage()), bound.cause());
    }
    return bound.channel();
  }

  private void accept(Channel channel) {
    stats.accepted();
    if (connections.size() >= MAX_CONNECTIONS) {
      stats.overflown();
      var unused = channel.close();
      return;
    }
    connections.add(channel);
    stats.opened();
    channel.closeFuture().addListener(f -> stats.closed());
    channel
        .pipeline()
        .addLast(
            new IdleStateHandler(0, 0, IDLE_SECONDS),
            new HttpServerCodec(MAX_HEAD, MAX_HEAD, 8 << 10),
            // Before the aggregator: a read that brought only a head must not count as answered.
            new FlowControlHandler(),
            new HttpObjectAggregator(MAX_BODY),
            new ChunkedWriteHandler(),
            new AdminHandler(endpoints, stats, loop));
  }

  private void awaitInterval() {
    var unused =
        loop.schedule(
            HISTOGRAM_INTERVAL,
            () -> {
              view.stats().endInterval();
              awaitInterval();
            });
  }

  /** Where it listens, with the port that it was given when it asked for 0. */
  public SocketAddress address() {
    return listening.localAddress();
  }

  /** Closes the socket and every connection, and ends the thread. */
  @Override
  public void close() {
    listening.close().awaitUninterruptibly();
    connections.close().awaitUninterruptibly();
    stop();
  }

  private void stop() {
    printer.shutdown();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
  }

  @Override
  public String toString() {
    return "admin " + Address.of(address());
  }
}
