package io.bifocal.conformance.dns;

import io.bifocal.conformance.Loopback;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A DNS server on 127.0.0.1, over UDP, that answers as it was told to. */
final class NameServer implements AutoCloseable {
  private static final int TTL = 60;

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Map<String, Answer> zone = new ConcurrentHashMap<>();
  private final Channel channel;

  /** What is said to one question, and when. */
  record Answer(DnsResponseCode code, List<String> ips, CompletableFuture<?> when) {
    private static final CompletableFuture<?> AT_ONCE = CompletableFuture.completedFuture("");

    /** These addresses, or none. */
    static Answer of(String... ips) {
      return new Answer(DnsResponseCode.NOERROR, List.of(ips), AT_ONCE);
    }

    static Answer code(DnsResponseCode code) {
      return new Answer(code, List.of(), AT_ONCE);
    }

    Answer after(CompletableFuture<?> event) {
      return new Answer(code, ips, event);
    }
  }

  private NameServer() throws InterruptedException {
    channel =
        new Bootstrap()
            .group(loop)
            .channel(NioDatagramChannel.class)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel socket) {
                    socket
                        .pipeline()
                        .addLast(
                            new DatagramDnsQueryDecoder(),
                            new DatagramDnsResponseEncoder(),
                            new Responder());
                  }
                })
            .bind(Loopback.v4(0))
            .sync()
            .channel();
  }

  static NameServer start() throws InterruptedException {
    return new NameServer();
  }

  int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** From now on; a name that nobody has said anything of does not exist. */
  NameServer says(String name, Answer ipv6, Answer ipv4) {
    zone.put(name + ". AAAA", ipv6);
    zone.put(name + ". A", ipv4);
    return this;
  }

  private final class Responder extends SimpleChannelInboundHandler<DatagramDnsQuery> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
      DnsQuestion question = query.recordAt(DnsSection.QUESTION);
      Answer answer =
          zone.getOrDefault(
              question.name() + " " + question.type().name(),
              Answer.code(DnsResponseCode.NXDOMAIN));
      DatagramDnsResponse response =
          new DatagramDnsResponse(
              /* sender= */ query.recipient(), /* recipient= */ query.sender(), query.id());
      response.setCode(answer.code());
      response.addRecord(
          DnsSection.QUESTION, new DefaultDnsQuestion(question.name(), question.type()));
      for (String ip : answer.ips()) {
        response.addRecord(
            DnsSection.ANSWER,
            new DefaultDnsRawRecord(
                question.name(), question.type(), TTL, Unpooled.wrappedBuffer(bytes(ip))));
      }
      var unused = answer.when().thenRunAsync(() -> send(context, response), context.executor());
    }

    private void send(ChannelHandlerContext context, DatagramDnsResponse response) {
      var unused = context.writeAndFlush(response);
    }
  }

  private static byte[] bytes(String ip) {
    try {
      return InetAddress.getByName(ip).getAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(ip, e);
    }
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
