package io.bifocal.dataplane.listener;

import io.bifocal.dataplane.worker.Worker;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.handler.codec.http3.Http3;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicCodecDispatcher;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.handler.codec.quic.QuicTokenHandler;
import io.netty.util.AttributeKey;
import java.io.Serial;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the connections of QUIC come in that one listening socket has: its datagrams, dealt by
 * connection ids (so that a client whose address changes finds its worker again) to the workers.
 * The datagram sockets stay until their last connection has ended.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails leaves nothing to do
final class QuicEntrance extends QuicCodecDispatcher {
  private static final Logger log = LoggerFactory.getLogger(QuicEntrance.class);
  private static final AttributeKey<QuicArrival> ARRIVAL =
      AttributeKey.valueOf(QuicEntrance.class, "arrival");
  private static final AttributeKey<Worker> WORKER =
      AttributeKey.valueOf(QuicEntrance.class, "worker");

  private final ListenSocket socket;
  private final QuicOptions options;
  private final ConcurrentHashMap<Channel, AtomicInteger> open = new ConcurrentHashMap<>();

  QuicEntrance(ListenSocket socket, QuicOptions options) {
    this.socket = socket;
    this.options = options;
  }

  /** Takes what comes in at a datagram socket; its connections are that worker's. */
  void open(Channel datagrams, Worker worker) {
    open.put(datagrams, new AtomicInteger());
    datagrams.attr(WORKER).set(worker);
    datagrams
        .config()
        .setRecvByteBufAllocator(new FixedRecvByteBufAllocator(options.maxDatagram()));
    datagrams.pipeline().addLast(this);
    worker.eventLoop().register(datagrams);
  }

  @Override
  protected void initChannel(Channel datagrams, int idLength, QuicConnectionIdGenerator ids) {
    Worker worker = datagrams.attr(WORKER).get();
    datagrams
        .pipeline()
        .addLast(
            Http3.newQuicServerCodecBuilder()
                .sslEngineProvider(connection -> arrive(connection, worker))
                .handler(
                    new ChannelInitializer<QuicChannel>() {
                      @Override
                      protected void initChannel(QuicChannel connection) {
                        connection.attr(ARRIVAL).get().begin();
                      }
                    })
                .tokenHandler(WithoutRetry.INSTANCE)
                .localConnectionIdLength(idLength)
                .connectionIdAddressGenerator(ids)
                .maxIdleTimeout(options.idleTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .initialMaxData(options.connectionWindow())
                .initialMaxStreamDataBidirectionalRemote(options.streamWindow())
                .initialMaxStreamsBidirectional(options.maxStreams())
                .maxRecvUdpPayloadSize(options.maxDatagram())
                .activeMigration(options.migration())
                .build())
        .addLast(new Refusals());
  }

  private QuicSslEngine arrive(QuicChannel connection, Worker worker) {
    QuicArrival arrival =
        options.accepting() ? QuicArrival.of(socket, worker, connection, options) : null;
    QuicSslEngine engine = arrival == null ? null : arrival.engine();
    if (arrival == null || engine == null) {
      throw new Refused();
    }
    connection.attr(ARRIVAL).set(arrival);
    Channel datagrams = connection.parent();
    AtomicInteger count = open.get(datagrams);
    if (count != null) {
      count.incrementAndGet();
      connection
          .closeFuture()
          .addListener(
              f -> {
                if (count.decrementAndGet() == 0 && socket.closed()) {
                  datagrams.close();
                }
              });
    }
    return engine;
  }

  /** Closes the sockets as soon as they have no connection; whoever has closed the listener. */
  void close(List<Channel> sockets) {
    for (Channel datagrams : sockets) {
      datagrams
          .eventLoop()
          .execute(
              () -> {
                AtomicInteger count = open.get(datagrams);
                if (count == null || count.get() == 0) {
                  datagrams.close();
                }
              });
    }
  }

  /** What the client hears of it is nothing: its first packet is dropped. */
  private static final class Refused extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    private Refused() {
      super("no connection is taken", null, false, false);
    }
  }

  private static final class Refusals extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (!(cause instanceof Refused)) {
        log.debug("a datagram was of no use", cause);
      }
    }
  }

  /** Clients are taken at their word for their address, as with Envoy. */
  private enum WithoutRetry implements QuicTokenHandler {
    INSTANCE;

    @Override
    public boolean writeToken(
        io.netty.buffer.ByteBuf out,
        io.netty.buffer.ByteBuf id,
        java.net.InetSocketAddress address) {
      return false;
    }

    // A token of another's making: it is worth nothing, and does no harm.
    @Override
    public int validateToken(io.netty.buffer.ByteBuf token, java.net.InetSocketAddress address) {
      return -1;
    }

    @Override
    public int maxTokenLength() {
      return 0;
    }
  }
}
