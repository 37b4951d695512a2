package io.bifocal.dataplane.dns;

import io.bifocal.dataplane.connect.ConnectFailure;
import io.bifocal.dataplane.connect.Datagrams;
import io.bifocal.dataplane.connect.NettyNetwork;
import io.bifocal.dataplane.connect.Network;
import io.bifocal.dataplane.connect.SocketSettings;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.worker.Transport;
import io.bifocal.xds.time.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.dns.DatagramDnsQueryEncoder;
import io.netty.handler.codec.dns.DatagramDnsResponseDecoder;
import io.netty.handler.codec.dns.DnsQuery;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.TcpDnsQueryEncoder;
import io.netty.handler.codec.dns.TcpDnsResponseDecoder;
import java.security.SecureRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sockets on one event loop: each question has one of its own, so that whoever would forge an
 * answer has to guess its port as well as its number.
 */
final class NettyExchanges implements Exchanges {
  private static final int MAX_DATAGRAM = 4096;
  private static final int IDS = 1 << 16;

  private final Loop control;
  private final EventLoop eventLoop;
  private final Datagrams datagrams;
  private final Network streams;
  private final SecureRandom ids = new SecureRandom();

  /**
   * @param control where whoever asks is, and hears
   * @param eventLoop where the sockets are
   */
  NettyExchanges(Loop control, EventLoop eventLoop, Transport transport) {
    this.control = control;
    this.eventLoop = eventLoop;
    this.datagrams = new Datagrams(eventLoop, transport);
    this.streams = new NettyNetwork(eventLoop, transport);
  }

  @Override
  public Exchange ask(
      Address.Ip server, Question question, Carrier carrier, Consumer<Reply> reply) {
    Asking asking = new Asking(server, question, carrier, reply);
    eventLoop.execute(asking::open);
    return asking;
  }

  /** One question on one socket. Lives on the event loop, but for {@code cancelled}. */
  private final class Asking extends SimpleChannelInboundHandler<DnsResponse> implements Exchange {
    private final Address.Ip server;
    private final Question question;
    private final Carrier carrier;
    private final Consumer<Reply> listener;
    private final int id = ids.nextInt(IDS);
    private @Nullable Channel channel;
    private Network.@Nullable Dial dial;
    private boolean closed;
    private boolean cancelled; // on the control loop

    Asking(Address.Ip server, Question question, Carrier carrier, Consumer<Reply> listener) {
      this.server = server;
      this.question = question;
      this.carrier = carrier;
      this.listener = listener;
    }

    void open() {
      if (closed) {
        return;
      }
      if (carrier == Carrier.STREAM) {
        dial = streams.dial(server, SocketSettings.DEFAULT, TransportSocket.PLAIN, new Dialled());
        return;
      }
      ChannelFuture opened =
          datagrams.open(
              server, new DatagramDnsQueryEncoder(), new DatagramDnsResponseDecoder(), this);
      channel = opened.channel();
      channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(MAX_DATAGRAM));
      opened.addListener(
          done -> {
            if (done.isSuccess()) {
              send(Wire.datagram(question, id, server, carrier == Carrier.DATAGRAM));
            } else {
              unreachable(String.valueOf(done.cause()));
            }
          });
    }

    private void send(DnsQuery query) {
      if (channel == null || closed) {
        query.release();
        return;
      }
      channel
          .writeAndFlush(query)
          .addListener(
              sent -> {
                if (!sent.isSuccess()) {
                  unreachable(String.valueOf(sent.cause()));
                }
              });
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DnsResponse response) {
      if (Wire.answers(response, id, question)) {
        tell(new Reply.Response(Wire.message(response)));
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      unreachable(String.valueOf(cause));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      unreachable("it has closed the connection");
    }

    private void unreachable(String reason) {
      tell(new Reply.Unreachable(reason));
    }

    private void tell(Reply reply) {
      if (!closed) {
        close();
        control.execute(
            () -> {
              if (!cancelled) {
                listener.accept(reply);
              }
            });
      }
    }

    @Override
    public void cancel() {
      control.assertInLoop();
      cancelled = true;
      eventLoop.execute(this::close);
    }

    private void close() {
      closed = true;
      if (dial != null) {
        dial.cancel();
      }
      if (channel != null) {
        var unused = channel.close();
      }
    }

    /** A connection over TCP is there, or not. */
    private final class Dialled implements Network.Answer {
      @Override
      public void connected(Channel connection) {
        channel = connection;
        connection
            .pipeline()
            .addLast(new TcpDnsQueryEncoder(), new TcpDnsResponseDecoder(), Asking.this);
        connection.config().setAutoRead(true);
        send(Wire.query(question, id));
      }

      @Override
      public void failed(ConnectFailure failure) {
        unreachable(failure.phrase());
      }
    }
  }
}
