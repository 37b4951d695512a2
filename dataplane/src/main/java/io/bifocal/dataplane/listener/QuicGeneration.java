package io.bifocal.dataplane.listener;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.util.AttributeKey;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections at one socket that have the same options, which the library takes for good: when
 * a listener's change, there is another generation beside this one, which stays until its last
 * connection has ended. Confined to the socket's loop.
 */
final class QuicGeneration {
  private static final Logger log = LoggerFactory.getLogger(QuicGeneration.class);
  private static final AttributeKey<QuicArrival> ARRIVAL =
      AttributeKey.valueOf(QuicGeneration.class, "arrival");

  // The library knows as many paths of a connection, and forgets none that a client has left: with
  // fewer, a client whose address changes twice is heard no more (RFC 9000, section 9).
  private static final int PATHS = 64;

  private final QuicIds ids;
  private final QuicOptions options;
  private final ChannelHandlerContext codec;
  private int connections;
  private boolean reading;

  /**
   * Adds it to a socket.
   *
   * @param arrivals what becomes of a connection whose first packet has come; throws when nothing
   * @param tokens by which clients have proved their address
   */
  QuicGeneration(
      Channel datagrams,
      QuicIds ids,
      QuicOptions options,
      BiFunction<QuicGeneration, QuicChannel, QuicArrival> arrivals,
      RetryTokens tokens) {
    this.ids = ids;
    this.options = options;
    ChannelHandler made =
        Http3.newQuicServerCodecBuilder()
            .sslEngineProvider(connection -> arrive(connection, arrivals))
            .handler(
                new ChannelInitializer<QuicChannel>() {
                  @Override
                  protected void initChannel(QuicChannel connection) {
                    connection.attr(ARRIVAL).get().begin();
                  }
                })
            .tokenHandler(tokens)
            .localConnectionIdLength(QuicIds.LENGTH)
            .connectionIdAddressGenerator(ids)
            .activeConnectionIdLimit(PATHS)
            .maxIdleTimeout(options.idleTimeout().toMillis(), TimeUnit.MILLISECONDS)
            .initialMaxData(options.connectionWindow())
            .initialMaxStreamDataBidirectionalRemote(options.streamWindow())
            .initialMaxStreamsBidirectional(options.maxStreams())
            .maxRecvUdpPayloadSize(options.maxDatagram())
            .activeMigration(options.migration())
            .build();
    datagrams.pipeline().addLast(made);
    this.codec = datagrams.pipeline().context(made);
  }

  private QuicSslEngine arrive(
      QuicChannel connection, BiFunction<QuicGeneration, QuicChannel, QuicArrival> arrivals) {
    QuicArrival arrival = arrivals.apply(this, connection);
    connection.attr(ARRIVAL).set(arrival);
    connections++;
    return arrival.engine();
  }

  QuicIds ids() {
    return ids;
  }

  QuicOptions options() {
    return options;
  }

  /** A connection is closed; false when it was the last one. */
  boolean closed() {
    return --connections > 0;
  }

  boolean isEmpty() {
    return connections == 0;
  }

  /** Takes a datagram that is for one of its connections, or begins one. */
  void read(DatagramPacket packet) {
    reading = true;
    try {
      ((ChannelInboundHandler) codec.handler()).channelRead(codec, packet);
    } catch (Exception e) {
      log.debug("a datagram was of no use", e);
    }
  }

  /** There is nothing more to read for now. */
  void readComplete() {
    if (!reading) {
      return;
    }
    reading = false;
    try {
      ((ChannelInboundHandler) codec.handler()).channelReadComplete(codec);
    } catch (Exception e) {
      log.debug("datagrams were of no use", e);
    }
  }

  /** Its last connection is gone, and it will have no other. */
  void remove() {
    if (!codec.isRemoved()) {
      codec.pipeline().remove(codec.handler());
    }
  }
}
