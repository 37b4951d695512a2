package io.bifocal.dataplane.listener;

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

  // RFC 8999, section 5.1: where the id of who gets a packet begins.
  private static final int SHORT_ID = 1;
  private static final int LONG_ID = 6;

  private final QuicEntrance entrance;
  private final int index;
  private final Worker worker;
  private final Channel datagrams;
  private final QuicMailbox mailbox;
  private final RetryTokens tokens;
  private final List<QuicGeneration> generations = new ArrayList<>(1);
  // By the id that the client has made up.
  private final Map<ByteBuffer, QuicGeneration> handshakes = new HashMap<>();
  private @Nullable ByteBuffer arriving;

  QuicPort(QuicEntrance entrance, int index, Worker worker, Channel datagrams) {
    this.entrance = entrance;
    this.index = index;
    this.worker = worker;
    this.datagrams = datagrams;
    this.mailbox = new QuicMailbox(worker.eventLoop(), this::deliver, this::readComplete);
    this.tokens = new RetryTokens(worker.loop(), this::mustProve, this::retried);
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
    int at = packet.readerIndex();
    if (isShort(packet)) {
      return packet.readableBytes() < SHORT_ID + QuicIds.LENGTH
          ? -1
          : QuicIds.port(packet, at + SHORT_ID);
    }
    return hasLongId(packet) && handshakes.get(longId(packet)) == null
        ? QuicIds.port(packet, at + LONG_ID)
        : -1;
  }

  private static boolean isShort(ByteBuf packet) {
    return packet.isReadable() && packet.getByte(packet.readerIndex()) >= 0;
  }

  /** Whether the id might be one of ours. */
  private static boolean hasLongId(ByteBuf packet) {
    return packet.readableBytes() >= LONG_ID + QuicIds.LENGTH
        && packet.getByte(packet.readerIndex() + LONG_ID - 1) == QuicIds.LENGTH;
  }

  private static ByteBuffer longId(ByteBuf packet) {
    int at = packet.readerIndex() + LONG_ID;
    byte[] id = new byte[Math.min(packet.getByte(at - 1) & 0xff, packet.writerIndex() - at)];
    packet.getBytes(at, id);
    return ByteBuffer.wrap(id);
  }

  private void deliver(DatagramPacket packet) {
    ByteBuf content = packet.content();
    QuicGeneration found;
    if (isShort(content)) {
      found =
          content.readableBytes() < SHORT_ID + QuicIds.LENGTH
              ? null
              : generation(content, content.readerIndex() + SHORT_ID);
    } else if (content.readableBytes() < LONG_ID) {
      found = null;
    } else {
      arriving = longId(content);
      found = handshakes.get(arriving);
      if (found == null && hasLongId(content)) {
        found = generation(content, content.readerIndex() + LONG_ID);
      }
      if (found == null) {
        found = isAskedAgain(packet) ? null : newest();
      }
    }
    if (found == null) {
      packet.release();
    } else {
      found.read(packet);
    }
    arriving = null;
  }

  // A token that is not ours is as good as none (RFC 9000, section 8.1.3).
  private boolean isAskedAgain(DatagramPacket packet) {
    // Who sends less than a client must is not answered with more.
    RetryPacket asks =
        packet.content().readableBytes() < QuicOptions.LEAST_DATAGRAM
            ? null
            : RetryPacket.of(packet.content());
    QuicGeneration newest = newest();
    if (asks == null || newest == null) {
      return false;
    }
    ByteBuf token = Unpooled.buffer(tokens.maxTokenLength());
    tokens.write(token, asks.id(), packet.sender());
    ByteBuf answer = asks.answer(newest.ids().newId(QuicIds.LENGTH), token);
    var unused = datagrams.writeAndFlush(new DatagramPacket(answer, packet.sender()));
    return true;
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
    return handshakes.size() >= PROVED_FROM;
  }

  private void retried() {
    ListenerVersion version = entrance.serving();
    if (version != null) {
      version.stats().quic(worker).retry();
    }
  }

  private QuicArrival arrive(QuicGeneration generation, QuicChannel connection) {
    ListenerVersion version = entrance.serving();
    ByteBuffer id = arriving;
    if (version == null || id == null || generation != newest()) {
      throw new Refused();
    }
    ListenerStats.OfQuic stats = version.stats().quic(worker);
    if (handshakes.size() >= MOST_HANDSHAKES) {
      stats.handshakeRefused();
      throw new Refused();
    }
    QuicArrival arrival =
        generation.options().accepting()
            ? QuicArrival.of(version, worker, connection, generation.options())
            : null;
    if (arrival == null || !entrance.claim()) {
      throw new Refused();
    }
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

  /** What the client hears of it is nothing: its first packet is dropped. */
  private static final class Refused extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    private Refused() {
      super("no connection is taken", null, false, false);
    }
  }
}
