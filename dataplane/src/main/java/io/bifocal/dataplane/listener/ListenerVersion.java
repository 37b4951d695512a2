package io.bifocal.dataplane.listener;

import com.google.protobuf.Timestamp;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One version of a listener: what is done with a connection that its sockets accept. Immutable for
 * the workers.
 *
 * @param sockets where it listens, or will once it is warm; in the order of its addresses
 * @param init who must be ready before it takes connections
 * @param info the version as its source calls it; empty for the bootstrap
 */
record ListenerVersion(
    ListenerConfig config,
    FilterChains chains,
    List<ListenSocket> sockets,
    List<AccessLog> accessLogs,
    ListenerStats stats,
    InitManager init,
    String info,
    Timestamp lastUpdated) {
  private static final Logger log = LoggerFactory.getLogger(ListenerVersion.class);
  private static final AtomicLong CONNECTION_IDS = new AtomicLong();

  /** Takes a connection; on its worker's loop. */
  void take(Channel connection, Worker worker, Address listening) {
    stats.accepted(worker);
    ConnectionLife life = new ConnectionLife(this, worker, CONNECTION_IDS.incrementAndGet());
    connection.closeFuture().addListener(f -> life.end());
    Address local = address(connection.localAddress(), listening);
    Address remote = address(connection.remoteAddress(), new Address.Pipe(""));
    ConnectionChain chain = chains.select(local, remote);
    life.begin(local, remote, chain == null ? "" : chain.proto().getName());
    if (chain == null || chain.filter() == null) {
      if (chain == null) {
        stats.unmatched(worker);
      }
      var unused = connection.close();
      return;
    }
    if (local instanceof Address.Ip) {
      connection.config().setOption(ChannelOption.TCP_NODELAY, true);
    }
    int limit = config.bufferLimit();
    connection
        .config()
        .setWriteBufferWaterMark(new WriteBufferWaterMark(limit / 2, Math.max(1, limit)));
    chain.connections().add(worker, connection);
    DownstreamConnection told =
        new DownstreamConnection(life.info(), chain.transport().secure(), limit);
    Future<?> ready = chain.transport().on(worker).start(connection);
    if (ready.isSuccess()) {
      serve(chain, connection, worker, told);
    } else {
      awaitReady(ready, chain, connection, worker, told, life);
    }
  }

  // Only then does the filter hear of it: a client that fails costs nobody else anything.
  private void awaitReady(
      Future<?> ready,
      ConnectionChain chain,
      Channel connection,
      Worker worker,
      DownstreamConnection told,
      ConnectionLife life) {
    Loop.Timer late =
        worker
            .loop()
            .schedule(
                chain.transport().timeout(),
                () -> {
                  stats.timedOut(worker);
                  var unused = connection.close();
                });
    ready.addListener(
        done -> {
          late.cancel();
          if (ready.isSuccess()) {
            serve(chain, connection, worker, told);
            connection.pipeline().fireChannelActive(); // which the filter's handlers have missed
          } else {
            String reason = String.valueOf(ready.cause().getMessage());
            log.debug("listener '{}': {} failed: {}", config.name(), told.remote().text(), reason);
            life.failed(reason);
            var unused = connection.close();
          }
        });
  }

  private void serve(
      ConnectionChain chain, Channel connection, Worker worker, DownstreamConnection told) {
    NetworkFilter filter = chain.filter();
    if (filter == null) {
      return; // not asked: such a chain closes what it gets
    }
    try {
      filter.onConnection(connection, worker, told);
    } catch (RuntimeException e) {
      log.error("listener '{}': a connection failed", config.name(), e);
      var unused = connection.close();
    }
  }

  /** A pipe's ends have no names of their own. */
  private static Address address(
      java.net.@org.jspecify.annotations.Nullable SocketAddress socket, Address otherwise) {
    return socket instanceof java.net.InetSocketAddress ? Address.of(socket) : otherwise;
  }
}
