package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.listener.filter.AcceptedConnection;
import io.bifocal.dataplane.listener.initial.Hellos;
import io.bifocal.dataplane.listener.initial.InitialPacket;
import io.bifocal.dataplane.listener.initial.RefusalPacket;
import io.bifocal.dataplane.listener.initial.RetryPacket;
import io.bifocal.dataplane.worker.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.quic.QuicChannel;
import java.io.Serial;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One worker's socket for QUIC: finds out for each datagram whose it is, another worker's among it.
 * Confined to the worker's loop.
 */
final class QuicPort extends ChannelInboundHandlerAdapter {
  /** From so many handshakes on that are under way, clients must prove their address first. */
  static final int PROVED_FROM = 512;

  /** More are not begun: the client's first packet is dropped, and it will send another. */
  static final int MOST_HANDSHAKES = 2048;

  private final QuicEntrance entrance;
  private final int index;
  private final Worker worker;
  private final Channel datagrams;
  private final QuicMailbox mailbox;
  private final RetryTokens tokens;
  private final List<QuicGeneration> generations = new ArrayList<>(1);
  // By the id that the client has made up.
  private final Map<ByteBuffer, QuicGeneration> handshakes = new HashMap<>();
  private final Hellos hellos;
  private @Nullable Beginning beginning;

  /**
   * What is being read, if it is of a client without a connection.
   *
   * @param server that it asks for; empty where that is not known
   */
  private record Beginning(InitialPacket packet, String server) {}

  QuicPort(QuicEntrance entrance, int index, Worker worker, Channel datagrams) {
    this.entrance = entrance;
    this.index = index;
    this.worker = worker;
    this.datagrams = datagrams;
    this.mailbox = new QuicMailbox(worker.eventLoop(), this::deliver, this::readComplete);
    this.tokens = new RetryTokens(worker.loop());
    this.hellos = new Hellos(worker.loop());
  }

  Channel datagrams() {
    return datagrams;
  }

  /** From now on connections are made by these options. */
  void use(QuicOptions options) {
    worker.loop().assertInLoop();
    QuicGeneration before = newest();
    if (!datagrams.isOpen() || (before != null && before.options().equals(options))) {
      return;
    }
    int number = before == null ? 0 : before.ids().generation() + 1 & 0xffff;
    generations.add(
        new QuicGeneration(datagrams, new QuicIds(index, number), options, this::arrive, tokens));
    int largest = generations.stream().mapToInt(g -> g.options().maxDatagram()).max().orElseThrow();
    datagrams.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(largest));
    forgetEmpty();
  }

  private @Nullable QuicGeneration newest() {
    return generations.isEmpty() ? null : generations.get(generations.size() - 1);
  }

  private void forgetEmpty() {
    for (QuicGeneration each : List.copyOf(generations.subList(0, generations.size() - 1))) {
      if (each.isEmpty()) {
        generations.remove(each);
        each.remove();
      }
    }
  }

  // ---- datagrams

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    DatagramPacket packet = (DatagramPacket) message;
    QuicGeneration newest = newest();
    if (newest == null || !entrance.enabled(newest.options())) {
      packet.release();
      return;
    }
    QuicPort other = entrance.port(portOf(packet.content()));
    if (other == null || other == this) {
      deliver(packet);
    } else if (!other.mailbox.put(packet)) {
      packet.release();
      ListenerVersion version = entrance.serving();
      if (version != null) {
        version.stats().quic(worker).datagramDropped();
      }
    }
  }

  /** At whose socket the connection is; -1 when the packet does not tell. */
  private int portOf(ByteBuf packet) {
    int ours = QuicHead.idOfOurs(packet);
    return ours >= 0 && handshake(packet) == null ? QuicIds.port(packet, ours) : -1;
  }

  private @Nullable QuicGeneration handshake(ByteBuf packet) {
    return QuicHead.isShort(packet) ? null : handshakes.get(QuicHead.longId(packet));
  }

  private void deliver(DatagramPacket packet) {
    ByteBuf content = packet.content();
    QuicGeneration known = known(content);
    QuicGeneration by = known != null || QuicHead.isShort(content) ? known : newest();
    InitialPacket first = InitialPacket.of(content);
    if (by == null) {
      packet.release();
    } else if (first == null || isOfConnection(first, known)) {
      by.read(packet);
    } else if (first.token().isReadable() ? known == null : mustProve()) {
      askAgain(first, packet);
    } else {
      begin(first, packet, by);
    }
  }

  private @Nullable QuicGeneration known(ByteBuf packet) {
    QuicGeneration found = handshake(packet);
    int ours = QuicHead.idOfOurs(packet);
    return found == null && ours >= 0 ? generation(packet, ours) : found;
  }

  // Who was asked to prove its address calls us by an id of ours from its first packet on.
  private boolean isOfConnection(InitialPacket packet, @Nullable QuicGeneration known) {
    return known != null && (handshakes.containsKey(packet.name()) || !packet.token().isReadable());
  }

  // A token that is not ours is as good as none (RFC 9000, section 8.1.3).
  private void askAgain(InitialPacket asks, DatagramPacket packet) {
    QuicGeneration newest = newest();
    // Who sends less than a client must is not answered with more.
    if (newest != null && packet.content().readableBytes() >= QuicOptions.LEAST_DATAGRAM) {
      ByteBuf token = Unpooled.buffer(tokens.maxTokenLength());
      tokens.write(token, asks.id(), packet.sender());
      answer(RetryPacket.of(asks, newest.ids().newId(QuicIds.LENGTH), token), packet.sender());
      ListenerVersion version = entrance.serving();
      if (version != null) {
        version.stats().quic(worker).retry();
      }
    }
    packet.release();
  }

  private void answer(ByteBuf packet, InetSocketAddress client) {
    var unused = datagrams.writeAndFlush(new DatagramPacket(packet, client));
  }

  /** A client without a connection: where its hello decides, it is read first. */
  private void begin(InitialPacket first, DatagramPacket packet, QuicGeneration by) {
    ListenerVersion version = entrance.serving();
    boolean known = hellos.has(first.name());
    if (version == null) {
      packet.release();
    } else if (!known && !version.chains().byName()) {
      read(List.of(packet), new Beginning(first, ""), by);
    } else if (!known && handshakes.size() + hellos.size() >= MOST_HANDSHAKES) {
      version.stats().quic(worker).handshakeRefused();
      packet.release();
    } else {
      Hellos.Greeting whole = hellos.add(first, packet, by.options().handshakeTimeout());
      if (whole != null) {
        read(whole.datagrams(), new Beginning(first, whole.hello().serverName()), by);
      }
    }
  }

  private void read(List<DatagramPacket> packets, Beginning client, QuicGeneration by) {
    beginning = client;
    by.read(packets.get(0));
    beginning = null;
    for (DatagramPacket packet : packets.subList(1, packets.size())) {
      if (handshakes.containsKey(client.packet().name())) {
        by.read(packet);
      } else {
        packet.release(); // it is to have no connection
      }
    }
  }

  private @Nullable QuicGeneration generation(ByteBuf packet, int id) {
    if (QuicIds.port(packet, id) == index) {
      int number = QuicIds.generation(packet, id);
      for (QuicGeneration each : generations) {
        if (each.ids().generation() == number) {
          return each;
        }
      }
    }
    return null;
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    hellos.clear();
    ctx.fireChannelInactive();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    readComplete();
  }

  private void readComplete() {
    for (int i = 0; i < generations.size(); i++) {
      generations.get(i).readComplete();
    }
  }

  // ---- connections

  private boolean mustProve() {
    return handshakes.size() + hellos.size() >= PROVED_FROM;
  }

  private QuicArrival arrive(QuicGeneration generation, QuicChannel connection) {
    ListenerVersion version = entrance.serving();
    Beginning client = beginning;
    if (version == null || client == null || generation != newest()) {
      throw new Refused();
    }
    ListenerStats.OfQuic stats = version.stats().quic(worker);
    if (handshakes.size() >= MOST_HANDSHAKES) {
      stats.handshakeRefused();
      throw new Refused();
    }
    QuicArrival arrival =
        generation.options().accepting()
            ? arrival(version, client, connection, generation.options())
            : null;
    if (arrival == null || !entrance.claim()) {
      throw new Refused();
    }
    ByteBuffer id = client.packet().name();
    handshakes.put(id, generation);
    stats.handshakeBegan();
    Runnable handshakeOver =
        () -> {
          if (handshakes.remove(id) != null) {
            stats.handshakeOver();
          }
        };
    arrival.whenReady(handshakeOver);
    connection
        .closeFuture()
        .addListener(
            closed -> {
              handshakeOver.run();
              entrance.release();
              if (!generation.closed() && generation != newest()) {
                worker.loop().execute(this::forgetEmpty);
              }
            });
    return arrival;
  }

  private @Nullable QuicArrival arrival(
      ListenerVersion version, Beginning client, QuicChannel connection, QuicOptions options) {
    InetSocketAddress remote = (InetSocketAddress) connection.remoteSocketAddress();
    AcceptedConnection accepted =
        AcceptedConnection.overQuic(
            connection,
            Address.of(connection.localSocketAddress()),
            Address.of(remote),
            client.server());
    ConnectionChain chain = version.chains().select(accepted);
    if (chain == null) {
      version.stats().unmatched(worker);
      answer(RefusalPacket.of(client.packet(), "no filter chain found"), remote);
      return null;
    }
    return QuicArrival.of(version, worker, connection, options, chain, accepted);
  }

  /** The client's first packet is dropped. */
  private static final class Refused extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    private Refused() {
      super("no connection is taken", null, false, false);
    }
  }
}
