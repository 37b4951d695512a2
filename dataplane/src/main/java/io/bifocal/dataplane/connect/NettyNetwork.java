package io.bifocal.dataplane.connect;

import io.bifocal.dataplane.connect.ConnectFailure.Kind;
import io.bifocal.dataplane.host.Address;
import io.bifocal.dataplane.host.Family;
import io.bifocal.dataplane.transport.DatagramTransport;
import io.bifocal.dataplane.transport.TransportSocket;
import io.bifocal.dataplane.worker.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sockets of the operating system, on one worker's event loop: all that is ever connected. */
public final class NettyNetwork implements Network {
  private static final Logger log = LoggerFactory.getLogger(NettyNetwork.class);
  private static final int NEVER = 0; // the race has its own timeout

  private final EventLoop eventLoop;
  private final Transport sockets;
  private final SocketOptions options;
  private final Bootstrap tcp;
  private final Bootstrap pipe;
  private final Bootstrap udp;

  public NettyNetwork(EventLoop eventLoop, Transport transport) {
    this(eventLoop, transport, transport.tcp());
  }

  NettyNetwork(EventLoop eventLoop, Transport transport, Class<? extends Channel> tcp) {
    this.eventLoop = eventLoop;
    this.sockets = transport;
    this.options = SocketOptions.of(transport);
    this.tcp = sockets(eventLoop, tcp).option(ChannelOption.TCP_NODELAY, true);
    this.pipe = sockets(eventLoop, transport.pipe());
    this.udp = sockets(eventLoop, transport.udp());
  }

  private static Bootstrap sockets(EventLoop eventLoop, Class<? extends Channel> type) {
    return new Bootstrap()
        .group(eventLoop)
        .channel(type)
        .option(ChannelOption.AUTO_READ, false)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, NEVER)
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {}
            });
  }

  @Override
  public Dial dial(
      Address address, SocketSettings settings, TransportSocket transport, Answer answer) {
    if (transport instanceof DatagramTransport datagrams && address instanceof Address.Ip ip) {
      DatagramDial dial = new DatagramDial(eventLoop, udp, ip, datagrams, answer);
      dial.open(settings);
      return dial;
    }
    Socket socket = new Socket(address, transport, answer);
    socket.open(settings);
    return socket;
  }

  /** One socket on its way to being connected. */
  private final class Socket implements Dial {
    private final Address address;
    private final TransportSocket transport;
    private final Answer answer;
    private final Channel channel;
    private final Future<?> registered;
    private boolean answered;

    Socket(Address address, TransportSocket transport, Answer answer) {
      this.address = address;
      this.transport = transport;
      this.answer = answer;
      ChannelFuture registration = (address.family() == Family.PIPE ? pipe : tcp).register();
      this.registered = registration;
      this.channel = registration.channel();
    }

    void open(SocketSettings settings) {
      if (!registered.isSuccess()) {
        log.debug("no socket for {}", address, registered.cause());
        answerLater(new ConnectFailure(Kind.LOCAL, ConnectErrors.NO_SOCKET));
        return;
      }
      ConnectFailure refusal = prepare(settings);
      if (refusal != null) {
        fail(refusal);
        return;
      }
      ChannelFuture connect = channel.connect(sockets.adapt(address.socketAddress()));
      if (connect.isDone() && !connect.isSuccess()) {
        refused(ConnectErrors.immediate(connect.cause(), address));
        return;
      }
      connect.addListener(done -> onConnected(connect));
    }

    /** Sets its options and binds it; why that failed, or null. */
    private @Nullable ConnectFailure prepare(SocketSettings settings) {
      if (address.family() == Family.PIPE) {
        return null;
      }
      try {
        settings.keepalive().ifPresent(k -> options.probe(k, channel.config()));
      } catch (RuntimeException e) {
        return new ConnectFailure(Kind.LOCAL, ConnectErrors.option(e));
      }
      Address.Ip local = settings.local().towards(address);
      return local == null ? null : bind(local);
    }

    private @Nullable ConnectFailure bind(Address.Ip local) {
      if (local.family() != address.family()) {
        return ConnectErrors.bindToOtherFamily(local);
      }
      if (local.port() == 0) {
        SocketOptions.leavePortToConnect(channel.config());
      }
      ChannelFuture bound = channel.bind(local.socketAddress());
      return bound.isSuccess() ? null : ConnectErrors.bind(bound.cause(), local);
    }

    private void onConnected(ChannelFuture connect) {
      if (answered) {
        return;
      }
      if (!connect.isSuccess()) {
        refused(ConnectErrors.delayed(connect.cause()));
        return;
      }
      Future<?> ready = transport.start(channel);
      if (ready.isDone()) {
        // A pipe is connected at once: even that is told later.
        eventLoop.execute(() -> onReady(ready));
      } else {
        // At once: what comes next on the channel is for the one who is told.
        ready.addListener(done -> onReady(ready));
      }
    }

    private void onReady(Future<?> ready) {
      if (answered) {
        return;
      }
      if (ready.isSuccess()) {
        answered = true;
        answer.connected(channel);
      } else {
        refused(ConnectErrors.transport(ready.cause()));
      }
    }

    private void refused(String detail) {
      fail(new ConnectFailure(Kind.REMOTE, detail));
    }

    private void fail(ConnectFailure failure) {
      var unused = channel.close();
      answerLater(failure);
    }

    private void answerLater(ConnectFailure failure) {
      eventLoop.execute(
          () -> {
            if (!answered) {
              answered = true;
              answer.failed(failure);
            }
          });
    }

    @Override
    public void cancel() {
      if (!answered) {
        answered = true;
        if (channel.isRegistered()) {
          var unused = channel.close();
        }
      }
    }
  }
}
