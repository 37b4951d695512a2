package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.extension.DownstreamConnection;
import io.bifocal.dataplane.extension.NetworkFilter;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.bifocal.dataplane.listener.filter.Inspection;
import io.bifocal.dataplane.stream.ResponseFlag;
import io.bifocal.dataplane.stream.TlsSession;
import io.bifocal.dataplane.transport.TransportFailure;
import io.bifocal.dataplane.worker.Worker;
import io.bifocal.xds.time.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection on its way to the filters of a chain: past the listener's filters, to another
 * listener perhaps, through its transport socket. Confined to its worker's loop.
 */
final class Arrival implements Inspection.Outcome {
  private static final Logger log = LoggerFactory.getLogger(Arrival.class);

  private final Serving entrance;
  private final ListenerVersion version;
  private final Worker worker;
  private final Channel channel;
  private final AcceptedConnection accepted;
  private final ConnectionLife life;
  private final boolean mayMoveOn;
  private final boolean late;
  private @Nullable Inspection inspection;

  /**
   * @param version what the entrance serves
   * @param mayMoveOn whether it can be given to another listener
   * @param late whether the channel's handlers have missed that it is active
   */
  private Arrival(
      Serving entrance,
      ListenerVersion version,
      Worker worker,
      Channel channel,
      AcceptedConnection accepted,
      boolean mayMoveOn,
      boolean late) {
    this.entrance = entrance;
    this.version = version;
    this.worker = worker;
    this.channel = channel;
    this.accepted = accepted;
    this.mayMoveOn = mayMoveOn;
    this.late = late;
    this.life = new ConnectionLife(version, worker);
  }

  /**
   * Takes a connection that was just accepted.
   *
   * @param listening for the local address of a pipe
   * @param late whether the channel's handlers have missed that it is active
   */
  static void of(
      Serving entrance,
      ListenerVersion version,
      Worker worker,
      Channel channel,
      Address listening,
      boolean late) {
    AcceptedConnection accepted =
        new AcceptedConnection(
            channel,
            address(channel.localAddress(), listening),
            address(channel.remoteAddress(), new Address.Pipe("")));
    new Arrival(entrance, version, worker, channel, accepted, true, late)
        .begin(io.netty.buffer.Unpooled.EMPTY_BUFFER);
  }

  /** A pipe's ends have no names of their own. */
  private static Address address(java.net.@Nullable SocketAddress socket, Address otherwise) {
    return socket instanceof java.net.InetSocketAddress ? Address.of(socket) : otherwise;
  }

  private void begin(ByteBuf read) {
    if (!version.mayOpen(worker)) {
      read.release();
      close();
      return;
    }
    channel.closeFuture().addListener(f -> end());
    tellAddresses();
    if (version.listenerFilters().isEmpty()) {
      chooseChain(read);
    } else {
      version.stats().inspecting(worker);
      Inspection looking = new Inspection(version.listenerFilters(), accepted, worker, read, this);
      inspection = looking;
      looking.begin();
    }
  }

  private void end() {
    if (life.info().downstreamTls != null) {
      life.info().downstreamTransportFailureReason = TransportFailure.of(channel);
    }
    life.end();
  }

  private void tellAddresses() {
    life.info().downstreamLocal = accepted.local();
    life.info().downstreamLocalRestored = accepted.localRestored();
    life.info().downstreamRemote = accepted.remote();
    life.info().downstreamDirectRemote =
        accepted.remote().equals(accepted.directRemote()) ? null : accepted.directRemote();
    life.info().requestedServerName = accepted.serverName();
    life.info().dynamicMetadata = accepted.metadata();
    life.info().proxyProtocol = accepted.proxyProtocol();
  }

  // ---- the listener filters' outcome

  @Override
  public void onDone(ByteBuf read) {
    version.stats().inspected(worker);
    tellAddresses();
    Serving elsewhere =
        mayMoveOn && accepted.localRestored() && version.handsOver()
            ? version.others().find(accepted.local())
            : null;
    ListenerVersion other = elsewhere == null ? null : elsewhere.serving();
    if (elsewhere == null || other == null || other.sameListener(version)) {
      chooseChain(read);
    } else {
      life.handOver();
      new Arrival(elsewhere, other, worker, channel, accepted, false, waited()).begin(read);
    }
  }

  private boolean waited() {
    return late || (inspection != null && inspection.waited());
  }

  @Override
  public void onRefused() {
    version.stats().inspected(worker);
    tellAddresses();
    close();
  }

  @Override
  public void onRemoteClose() {
    version.stats().inspected(worker);
    version.stats().leftEarly(worker);
    close();
  }

  @Override
  public void onTimeout(boolean goesOn) {
    version.stats().inspectionTimedOut(worker);
    if (!goesOn) {
      version.stats().inspected(worker);
      tellAddresses();
      close();
    }
  }

  // ---- the filter chain

  // The one of now: the version that accepted may be gone, with its chains, if filters took long.
  private void chooseChain(ByteBuf read) {
    ListenerVersion now = waited() ? entrance.serving() : version;
    if (now == null) {
      read.release();
      close();
      return;
    }
    ConnectionChain chain = now.chains().select(accepted);
    if (chain == null) {
      version.stats().unmatched(worker);
      life.info().flag(ResponseFlag.NO_ROUTE_FOUND);
      life.info().responseCodeDetails = "filter_chain_not_found";
    }
    if (chain == null || chain.filter() == null) {
      if (chain != null) {
        life.count();
      }
      read.release();
      close();
      return;
    }
    life.count();
    life.info().filterChain = chain.proto();
    life.info().filterChainName = chain.proto().getName();
    if (accepted.local() instanceof Address.Ip || accepted.directRemote() instanceof Address.Ip) {
      channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    }
    int limit = now.config().bufferLimit();
    channel
        .config()
        .setWriteBufferWaterMark(new WriteBufferWaterMark(limit / 2, Math.max(1, limit)));
    chain.connections().add(worker, channel);
    enter(chain, new DownstreamConnection(life.info(), chain.transport().secure(), limit), read);
  }

  private void enter(ConnectionChain chain, DownstreamConnection told, ByteBuf read) {
    Future<?> ready = chain.transport().on(worker).start(channel);
    if (ready.isSuccess()) {
      serve(chain, told);
      if (waited()) {
        channel.pipeline().fireChannelActive(); // which the filter's handlers have missed
      }
    } else {
      awaitReady(ready, chain, told);
    }
    if (read.isReadable()) {
      channel.pipeline().fireChannelRead(read);
      channel.pipeline().fireChannelReadComplete();
    } else {
      read.release();
    }
  }

  // Only then does the filter hear of it: a client that fails costs nobody else anything.
  private void awaitReady(Future<?> ready, ConnectionChain chain, DownstreamConnection told) {
    Loop.Timer tooLate =
        chain
            .transport()
            .awaitReady(
                worker,
                () -> {
                  version.stats().timedOut(worker);
                  life.info().connectionTerminationDetails = "transport socket timeout was reached";
                  life.info().downstreamLocalCloseReason = "transport_socket_timeout";
                  close();
                });
    ready.addListener(
        done -> {
          tooLate.cancel();
          if (ready.isSuccess()) {
            life.info().handshakeNanos = worker.loop().nanoTime();
            life.info().downstreamTls = TlsSession.of(channel);
            serve(chain, told);
            channel.pipeline().fireChannelActive(); // which the filter's handlers have missed
          } else {
            String reason = String.valueOf(ready.cause().getMessage());
            log.debug(
                "listener '{}': {} failed: {}",
                version.config().name(),
                told.remote().text(),
                reason);
            life.info().downstreamTransportFailureReason = reason;
            close();
          }
        });
  }

  private void serve(ConnectionChain chain, DownstreamConnection told) {
    NetworkFilter filter = chain.filter();
    if (filter == null) {
      return; // not asked: such a chain closes what it gets
    }
    try {
      filter.onConnection(channel, worker, told);
    } catch (RuntimeException e) {
      log.error("listener '{}': a connection failed", version.config().name(), e);
      close();
    }
  }

  private void close() {
    var unused = channel.close();
  }
}
