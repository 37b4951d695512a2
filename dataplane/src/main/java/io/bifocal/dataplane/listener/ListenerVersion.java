package io.bifocal.dataplane.listener;

import com.google.protobuf.Timestamp;
import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.init.InitManager;
import io.bifocal.dataplane.stream.AccessLog;
import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
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
    try {
      chain
          .filter()
          .onConnection(
              connection,
              worker,
              new DownstreamConnection(life.id(), remote, local, chain.proto().getName(), limit));
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
